# Where python3.13 is, the runtime of the functions: on the PATH, else pyenv's, else uv's. PYTHON313=/a/path names another.
# A python3.13 on the PATH may be a shim that finds none: each is asked before it is believed.
is_313 = $(shell "$(1)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && echo "$(1)")
ifndef PYTHON313
PYTHON313 := $(call is_313,python3.13)
PYTHON313 := $(or $(PYTHON313),$(call is_313,$(lastword $(sort $(wildcard $(HOME)/.pyenv/versions/3.13.*/bin/python3.13)))))
PYTHON313 := $(or $(PYTHON313),$(call is_313,$(shell uv python find 3.13 2>/dev/null)))
endif
NO_PYTHON313 := Python 3.13, the runtime of the functions, was not found on the PATH, in pyenv or in uv. Install it (pyenv install 3.13, or uv python install 3.13), or name it, with PYTHON313=/path/to/python3.13 in front of the command
