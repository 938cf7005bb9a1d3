# shellcheck shell=bash
# The environment that run_all.sh, run_tests.sh and .ci/run work in. They source this file from the
# checkout's root and call find_environment, which sets $python to the interpreter to use.
#
# An active virtual or conda environment that satisfies pyproject.toml is used as it is and never
# modified. Otherwise .venv is made from requirements.lock, with uv where it is on the PATH, else
# with venv and pip. Its stamp is written last, so that what was interrupted is made anew, and so is
# what another lock, another Python or another place made.

# What the caller's shell exports, functions and options, is not for this one, and neither is that
# it has closed a standard stream.
# shellcheck disable=SC2046 # names have no spaces
unset -f $(compgen -A function)
set +o noglob +o noclobber +o posix
shopt -u failglob nullglob nocasematch
export -n SHELLOPTS BASHOPTS
: >&2 || exec 2>/dev/null
{ : >&1; } 2>/dev/null || exec >/dev/null
{ : <&0; } 2>/dev/null || exec </dev/null

stamp=.venv/made-by-bootstrap
trap 'exit 130' INT

# Where pip finds packages may be the caller's choice; how it installs them may not.
sources='INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY|TIMEOUT|DEFAULT_TIMEOUT|RETRIES'

# seal: forget all variables but those that are taken from the caller. environment.py has the same
# list, for the processes of a run, and docs/running.md says what is taken.
seal() {
    local name
    for name in $(compgen -e); do
        case $name in
            PATH | HOME | TMPDIR | USER | LOGNAME | SHELL | PWD | CI | VIRTUAL_ENV) ;;
            LANG | LANGUAGE | TZ | TERM | COLORTERM | COLUMNS | LINES) ;;
            BROWSER | DISPLAY | WAYLAND_DISPLAY | XAUTHORITY | REQUESTS_CA_BUNDLE) ;;
            CURL_CA_BUNDLE | CONDA_PREFIX | KERAS_BACKEND | TF_FORCE_GPU_ALLOW_GROWTH) ;;
            LC_* | INTENSITY_* | SSL_CERT_* | LD_* | DYLD_* | CUDA_* | HIP_* | ROCR_* | SLURM_*) ;;
            XDG_* | DBUS_* | KRB5* | WSL* | PYTEST_* | PLAYWRIGHT_* | DASK_DISTRIBUTED__COMM__*) ;;
            *_[Pp][Rr][Oo][Xx][Yy]) [[ $name != PIP_* || $name == PIP_PROXY ]] || unset "$name" ;;
            UV_CACHE_DIR | UV_DEFAULT_INDEX | UV_INDEX | UV_NATIVE_TLS | PIP_CONFIG_FILE) ;;
            *) [[ $name =~ ^PIP_($sources)$ ]] || unset "$name" 2>/dev/null || export -n "$name" ;;
        esac
    done
    export PYTHONUTF8=1 PYTHONNOUSERSITE=1 PYTHONSAFEPATH=1
    # A user without an entry in the system's list has no home and no name.
    if [ ! -d "${HOME:-/none}" ] || [ ! -w "$HOME" ]; then
        mkdir -p .cache/home && export HOME=$PWD/.cache/home
    fi
    id -un >/dev/null 2>&1 || export USER=nobody LOGNAME=nobody
}

# seal_pip: of pip's files too, only where packages come from.
seal_pip() {
    local key value
    while IFS='=' read -r key value; do
        key=$(printf '%s' "${key##*.}" | tr 'a-z-' 'A-Z_')
        value=$(printf '%s' "$value" | sed -E "s/^['\"](.*)['\"]\$/\1/; s/\\\\n/ /g")
        if [[ $key =~ ^($sources)$ ]]; then export "PIP_$key=$value"; fi
    done < <(.venv/bin/python -m pip config list 2>/dev/null | sort -r)
    export PIP_CONFIG_FILE=/dev/null
}

# refuse MESSAGE: wrong use, in one line.
refuse() {
    echo "error: $1" >&2
    exit 2
}

# about PYTHON: its version and platform, for example "3.12 Linux x86_64"; nothing where it does not run.
about() {
    "$1" -c 'import platform, sys
print("%d.%d %s %s" % (sys.version_info[:2] + (platform.system(), platform.machine())))' 2>/dev/null
}

# supported PYTHON: is it one that the project and TensorFlow's wheels are for?
supported() {
    case $(about "$1") in
        3.1[123]" Linux x86_64" | 3.1[123]" Linux aarch64" | 3.1[123]" Darwin arm64") ;;
        *) return 1 ;;
    esac
}

# find_python: set $python to a supported one, never that of the .venv which may have to go.
find_python() {
    for python in python3 python3.13 python3.12 python3.11; do
        if supported "$python"; then
            python=$("$python" -c 'import sys; print(sys._base_executable)')
            return
        fi
    done
    refuse "Python 3.11, 3.12 or 3.13 on Linux (x86-64, arm64), WSL or macOS (arm64) is needed; python3 is: $(about python3 || echo missing)"
}

# try_environment FOLDER [GROUP]: use an environment that is not ours, if it satisfies pyproject.toml.
try_environment() {
    local reason
    python=$1/bin/python
    if ! supported "$python"; then
        reason="its Python is: $(about "$python" || echo missing)"
    elif reason=$("$python" bootstrap.py ${2:+"$2"} 2>&1 | tail -n 1); then
        export PYTHONPATH=$PWD/lib
        return
    fi
    echo "$1 is not used: $reason" >&2
    return 1
}

# ours: is .venv one that this file makes or began to make?
ours() {
    [ -e "$stamp" ]
}

# expected_stamp: what the stamp of a finished .venv holds.
expected_stamp() {
    pwd -P
    about .venv/bin/python
    cat requirements.lock
}

# ready: is our .venv finished and up to date?
ready() {
    ours && expected_stamp | cmp -s - "$stamp"
}

# install_with_uv and install_with_pip: the packages of the lock.
install_with_uv() {
    uv venv --quiet --allow-existing --python "$python" .venv &&
        uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r requirements.lock
}

# Three pips side by side, since one waits for the network most of the time; TensorFlow is half of all bytes.
install_with_pip() {
    local pip=(.venv/bin/python -m pip --disable-pip-version-check -qq install --no-deps)
    "$python" -m venv .venv &&
        seal_pip &&
        awk '/^[^ #]/ { part = /^tensorflow==/ ? 0 : 1 + n++ % 2 }
            /^[^#]/ { print >(".venv/part-" part ".lock") }' requirements.lock &&
        printf '%s\0' .venv/part-*.lock |
        xargs -0 -n 1 -P 3 "${pip[@]}" --no-compile --require-hashes -r
}

# add_project: the project itself, by a path from there, since setuptools cannot build in every folder.
add_project() {
    local packages
    for packages in .venv/lib/python3.*/site-packages; do
        echo ../../../../lib >"$packages/intensity.pth"
    done
}

# compile_bytecode: import once what the project imports; all 12 000 files would take four times as long.
compile_bytecode() {
    printf '%s\0' 'import keras, tensorflow' \
        'import dask.distributed, hypothesis, ipykernel.kernelapp, matplotlib.pyplot, nbconvert.exporters
import numba, pandas, papermill, pydantic, pytest, scipy.stats, seaborn, tqdm, yaml' |
        KERAS_HOME=.cache/keras MPLCONFIGDIR=.cache/matplotlib \
            xargs -0 -n 1 -P 2 .venv/bin/python -c 2>.venv/imports.log || {
        cat .venv/imports.log >&2
        return 1
    }
}

# lock: one set-up at a time in this checkout; the lock is file 9 and goes when its last holder ends.
lock() {
    "$python" -c '
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("waiting for another set-up of .venv", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)'
}

# fill_with TOOL: packages that can be imported; uv's files may have them installed elsewhere.
fill_with() {
    "install_with_$1" && add_project && compile_bytecode
}

# make_venv: .venv from nothing.
make_venv() {
    local tool=pip
    if command -v uv >/dev/null; then tool=uv; fi
    echo "making .venv with $tool: once, 3 GB, a minute or a few" >&2
    mkdir -p .venv && : >"$stamp" && find .venv -mindepth 1 ! -name "${stamp##*/}" -delete &&
        { fill_with "$tool" || { [ "$tool" = uv ] && echo "uv failed; trying pip" >&2 && fill_with pip; }; } &&
        expected_stamp >"$stamp"
}

# make_environment: make our .venv where it is missing, unfinished or out of date.
make_environment() {
    find_python
    mkdir -p .cache
    (lock && { ready || make_venv; }) 9>.cache/set-up.lock || {
        echo "error: .venv was not made; what failed is said above, and the next call begins anew" >&2
        exit 1
    }
}

# find_environment [GROUP]: set $python to an interpreter with all that the project needs, and with GROUP's tools.
find_environment() {
    local folder
    case $PWD in *:*) refuse "$PWD: a folder with ':' in its path is not allowed: Python cannot be set up there" ;; esac
    for folder in "${VIRTUAL_ENV:-}" "${CONDA_PREFIX:-}"; do
        if [ -z "$folder" ] || { [ "$folder" -ef .venv ] && ours; }; then continue; fi
        if try_environment "$folder" "$@"; then return; fi
    done
    if { [ -e .venv ] || [ -L .venv ]; } && ! ours; then
        try_environment "$PWD/.venv" "$@" || refuse ".venv is not one that run_all.sh made: complete it or remove it"
        return
    fi
    ready || make_environment
    python=$PWD/.venv/bin/python
}

seal
