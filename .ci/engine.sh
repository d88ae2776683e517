# A Docker engine for the tests marked docker. To be sourced; what it started ends with the shell.

# Starts one, unless one answers; installs what is missing where that can be done. Says why where it cannot.
start_engine() {
    install_engine
    docker info >/dev/null 2>&1 && return
    if [[ $(id -u) != 0 ]] || ! command -v dockerd >/dev/null; then
        echo "No Docker engine answers, and none can be started: that takes root and dockerd (Debian: docker.io)."
        return 1
    fi
    local log
    log=$(mktemp)
    dockerd >"$log" 2>&1 &
    trap "kill $! 2>/dev/null || true" EXIT
    for _ in {1..60}; do
        docker info >/dev/null 2>&1 && return
        sleep 0.5
    done
    echo "dockerd does not answer. The last lines of its log:"
    tail -n 5 "$log"
    return 1
}

# busybox: of it the tests make an image of a person's own. debootstrap: tests/sam/base_image.sh.
install_engine() {
    local missing=()
    command -v docker >/dev/null && command -v dockerd >/dev/null || missing+=(docker.io)
    command -v debootstrap >/dev/null || missing+=(debootstrap)
    command -v busybox >/dev/null || missing+=(busybox-static)
    [[ ${#missing[@]} -gt 0 && $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 0
    echo "Installing ${missing[*]} …"
    { timeout 120 apt-get update -qq && timeout 180 apt-get install -qq -y --no-install-recommends "${missing[@]}"; } \
        >/dev/null 2>&1 || echo "${missing[*]} could not be installed."
}
