# shellcheck shell=bash
# The environment that run_all.sh, run_tests.sh and .ci/run work in. They source this file from the
# checkout's root and call find_environment, which sets $python to the interpreter to use.
#
# An active virtual or conda environment that satisfies pyproject.toml is used as it is and never
# modified. Otherwise .venv is made from requirements.lock, with uv where it is on the PATH, else
# with venv and pip. Its stamp is written last, so that what was interrupted is made anew, and so is
# what another lock, another Python or another place made.

stamp=.venv/made-by-bootstrap
trap 'exit 130' INT
unset CDPATH

# Where pip finds packages may be the caller's choice; how it installs them may not.
sources='INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY|TIMEOUT|DEFAULT_TIMEOUT|RETRIES'

# seal: forget what the caller's environment says to Python and its tools. environment.py has the
# same list, for the processes of a run, and docs/running.md says what is taken and what is not.
seal() {
    local name
    for name in $(compgen -e); do
        case $name in
            UV_CACHE_DIR | UV_DEFAULT_INDEX | UV_INDEX | UV_NATIVE_TLS) ;;
            PIP_*) [[ ${name#PIP_} =~ ^($sources)$ || $name == PIP_CONFIG_FILE ]] || unset "$name" ;;
            CONDA_PREFIX | KERAS_BACKEND | DASK_DISTRIBUTED__COMM__* | TF_FORCE_GPU_ALLOW_GROWTH) ;;
            PYTHON* | UV_* | GIT_* | JUPYTER* | IPYTHON* | MPL* | MATPLOTLIB*) unset "$name" ;;
            TF_* | XLA_* | OMP_* | KMP_* | MKL_* | OPENBLAS_* | NUMBA_* | NUMEXPR_*) unset "$name" ;;
            CONDA_* | KERAS_* | DASK_* | PAPERMILL_* | VOILA_*) unset "$name" ;;
        esac
    done
    export PYTHONUTF8=1 PYTHONNOUSERSITE=1
    # A user without an entry in the system's list has no home and no name.
    if [ ! -w "${HOME:-/none}" ]; then
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
    case $PWD in *:*) refuse "$PWD: a folder with ':' in its path is not allowed: Python cannot be set up there" ;; esac
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

# make_venv: .venv from nothing.
make_venv() {
    local tool=pip
    if command -v uv >/dev/null; then tool=uv; fi
    echo "making .venv with $tool: once, 3 GB, a minute or a few" >&2
    mkdir -p .venv && : >"$stamp" && find .venv -mindepth 1 ! -name "${stamp##*/}" -delete &&
        { "install_with_$tool" || { [ "$tool" = uv ] && echo "uv failed; trying pip" >&2 && install_with_pip; }; } &&
        add_project &&
        compile_bytecode &&
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
    for folder in "${VIRTUAL_ENV:-}" "${CONDA_PREFIX:-}"; do
        if [ -z "$folder" ] || { [ "$folder" -ef .venv ] && ours; }; then continue; fi
        if try_environment "$folder" "$@"; then return; fi
    done
    if [ -d .venv ] && ! ours; then
        try_environment "$PWD/.venv" "$@" || refuse ".venv is not one that run_all.sh made: complete it or remove it"
        return
    fi
    ready || make_environment
    python=$PWD/.venv/bin/python
}

seal
