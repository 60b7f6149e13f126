# What the tests need besides Rust: found, or installed where that is allowed. Sourced by tests/run.
#
# Each `find_…` sets what it found for the tests to use, or notes what is missing and what that leaves out.

readonly CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/fichero"
readonly SCHEMATHESIS_VERSION=4.32.5

missing=() # one sentence each

find_rust() {
    local tool
    for tool in cargo cc git; do
        command -v "$tool" >/dev/null || {
            echo "\`$tool\` is not in PATH: Fichero is built with Rust (https://rustup.rs), a C compiler and git" >&2
            exit 69
        }
    done
    for tool in fmt clippy; do
        cargo "$tool" --version >/dev/null 2>&1 || {
            echo "\`cargo $tool\` is missing: rustup component add rustfmt clippy" >&2
            exit 69
        }
    done
    echo "Rust: $(rustc --version)"
    if cargo nextest --version >/dev/null 2>&1; then
        nextest=yes
        echo "nextest: $(cargo nextest --version | head -n 1)"
    else
        nextest=no
        echo "nextest: not here, cargo test does as well (faster: cargo install cargo-nextest --locked)"
    fi
}

# A server for the whole run; a step that needs one reads FICHERO_TEST_POSTGRES, as the tests do.
find_postgres() {
    if [ -n "${FICHERO_TEST_POSTGRES:-}" ]; then
        echo "PostgreSQL: the server named by FICHERO_TEST_POSTGRES"
        return
    fi
    if ! tests/postgres.sh --find >/dev/null 2>&1 && ! install_debian postgresql; then
        lacks "PostgreSQL (Debian: apt-get install postgresql)" "every test is run on SQLite only"
        return
    fi
    coproc POSTGRES { exec tests/postgres.sh; }
    local server
    if ! read -r -t 120 server <&"${POSTGRES[0]}"; then
        echo "PostgreSQL is here but does not start: tests/postgres.sh </dev/null shows why" >&2
        exit 1
    fi
    export FICHERO_TEST_POSTGRES=$server
    echo "PostgreSQL: $(tests/postgres.sh --find), for these tests at $server"
}

# What the pages for users show is tried with it.
find_curl() {
    if ! command -v curl >/dev/null && ! install_debian curl; then
        lacks "curl (Debian: apt-get install curl)" "what the pages for users show is not tried"
        return
    fi
    echo "curl: $(command -v curl)"
}

find_chromium() {
    local found=1
    chromium_in_path || { install_debian chromium chromium-driver && chromium_in_path; } || found=0
    if [ "$found" = 0 ]; then
        lacks "Chromium and its driver (Debian: apt-get install chromium chromium-driver)" "no page is tried in a browser"
        return
    fi
    export FICHERO_TEST_CHROMIUM FICHERO_TEST_CHROMEDRIVER
    echo "Chromium: $FICHERO_TEST_CHROMIUM, $FICHERO_TEST_CHROMEDRIVER"
}

chromium_in_path() {
    FICHERO_TEST_CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) &&
        FICHERO_TEST_CHROMEDRIVER=$(command -v chromedriver)
}

# In a Python environment of its own, kept for the next run.
find_schemathesis() {
    local home=$CACHE/schemathesis-$SCHEMATHESIS_VERSION
    schemathesis=$home/bin/schemathesis
    if [ ! -x "$schemathesis" ]; then
        { command -v python3 >/dev/null || install_debian python3; } &&
            { make_environment "$home" || { install_debian python3-venv && make_environment "$home"; }; } ||
            schemathesis=
    fi
    if [ -z "$schemathesis" ]; then
        lacks "schemathesis (needs python3 with venv, and PyPI)" "the API is not tried with made-up requests"
        return
    fi
    echo "schemathesis: $schemathesis"
}

make_environment() {
    rm -rf "$1"
    timeout 120 python3 -m venv "$1" >/dev/null 2>&1 &&
        timeout 600 "$1/bin/pip" install --quiet "schemathesis==$SCHEMATHESIS_VERSION" || {
        rm -rf "$1"
        return 1
    }
}

# Only root may install, and only where packages come from apt.
install_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "installing $* with apt-get"
    if [ -z "${apt_is_fresh:-}" ]; then
        timeout 300 apt-get update -qq || return 1
        apt_is_fresh=yes
    fi
    DEBIAN_FRONTEND=noninteractive timeout 900 apt-get install -qq --no-install-recommends "$@" >/dev/null
}

lacks() {
    missing+=("$1 is missing: $2")
    echo "${missing[-1]}"
}
