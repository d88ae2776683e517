#!/usr/bin/env bash
# Makes an image that stands in for public.ecr.aws/lambda/python:3.13, for machines that can pull none: Debian's Python
# 3.13 with Lambda's own runtime client. It has Debian's C library and not Amazon Linux's, so it proves no binary
# compatibility. Where the real image has been pulled, that one is left as it is, and `sam local invoke` runs in it.
#   base_image.sh RUNTIME    RUNTIME: folder with awslambdaric and boto3 (make .venv-sam/.ready)
# Needs root, debootstrap and a Docker engine. The second time it only looks: the image bears what it was made of.
set -euo pipefail
runtime=$1
tag=public.ecr.aws/lambda/python:3.13-x86_64
label=traindrop.stand-in-made-of
made_of=$(cat "$0" "$(dirname "$0")/runtime.lock" | sha256sum | cut -d' ' -f1)

docker info >/dev/null 2>&1 || { echo "No Docker engine answers: start one (dockerd)." >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "debootstrap is not installed (apt-get install debootstrap)." >&2; exit 1; }
if docker image inspect "$tag" >/dev/null 2>&1; then
    found=$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$tag")
    [[ -n $found && $found != "$made_of" ]] || exit 0
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=python3,ca-certificates trixie "$root/debian" >"$root/log" 2>&1 ||
    { tail -n 20 "$root/log" >&2; exit 1; }
mkdir -p "$root/debian/var/task" "$root/debian/opt"
cp -R "$runtime" "$root/debian/var/runtime"
# The order in which Lambda looks for modules: the function, its layers, then what the runtime brings.
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath
cat >"$root/debian/var/runtime/bootstrap" <<'BOOTSTRAP'
#!/bin/sh
export PYTHONPATH=/var/task:/opt/python/lib/python3.13/site-packages:/opt/python:/var/runtime
exec python3.13 -m awslambdaric "$_HANDLER"
BOOTSTRAP
chmod 755 "$root/debian/var/runtime/bootstrap"
tar --create --directory "$root/debian" --exclude ./proc --exclude ./sys --exclude './var/cache/apt/*' \
    --exclude './var/lib/apt/lists/*' . |
    docker import --change 'WORKDIR /var/task' --change 'ENTRYPOINT ["/var/runtime/bootstrap"]' \
        --change "LABEL $label=$made_of" - "$tag" >/dev/null
