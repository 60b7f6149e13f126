#!/usr/bin/env bash
# A throwaway PostgreSQL server for tests. It listens on 127.0.0.1 only, trusts everybody there, and does not sync.
#
#   tests/postgres.sh             starts a server, prints its URL on one line, and keeps it until standard input closes:
#                                 whoever holds the other end may die in any way, the server goes with it
#   tests/postgres.sh --nextest   set-up script of cargo-nextest: one server for a whole run of tests
#   tests/postgres.sh --find      prints the folder of PostgreSQL's programs; exit code 69 where there are none
set -euo pipefail

readonly MAX_LIFE=2h # whatever goes wrong, no server outlives this

main() {
    case "${1:-}" in
        "") detach_and_serve ;;
        --serve) serve ;;
        --nextest) serve_nextest ;;
        --find) bin_dir ;;
        *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
}

# The newest PostgreSQL of this machine: Debian and Fedora keep its server programs out of PATH.
bin_dir() {
    local dir
    if dir=$(command -v initdb); then
        dirname "$dir"
        return
    fi
    for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin | sort -rV); do
        if [ -x "$dir/initdb" ]; then
            printf '%s\n' "$dir"
            return
        fi
    done
    echo "PostgreSQL's server programs (initdb) are neither in PATH nor in the usual folders" >&2
    return 69
}

# A session of its own: a signal to the test run's process group must not end the one who cleans up after it.
detach_and_serve() {
    bin_dir >/dev/null
    if command -v setsid >/dev/null; then
        exec setsid "$0" --serve
    fi
    serve
}

serve() {
    bin=$(bin_dir)
    dir=$(mktemp -d "${TMPDIR:-/tmp}/fichero-postgres.XXXXXX")
    cd "$dir"
    as_owner=()
    if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
        owner=postgres
        id "$owner" >/dev/null 2>&1 || owner=nobody
        chown "$owner" "$dir"
        as_owner=(runuser -u "$owner" --)
    fi
    trap stop EXIT
    trap 'exit 143' INT TERM HUP

    create_cluster >init.log 2>&1 || { cat init.log >&2; exit 1; }
    for _ in 1 2 3 4 5; do
        # Below the ports that the system hands out by itself; one that is taken makes the next try.
        port=$((20000 + RANDOM % 12000))
        start_server
        if wait_until_ready; then
            printf 'postgres://postgres@127.0.0.1:%d/postgres\n' "$port"
            exec >&-
            while IFS= read -r _; do :; done
            return
        fi
    done
    cat server.log >&2
    exit 1
}

# English order by ICU, where this version has it, and an odd time zone: nothing may depend on the server's own.
create_cluster() {
    local locale=(--no-locale)
    if [ "$("$bin/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')" -ge 15 ]; then
        locale=(--locale-provider=icu --icu-locale=en-US --locale=C.UTF-8)
    fi
    "${as_owner[@]}" "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 \
        --no-sync "${locale[@]}"
}

start_server() {
    "${as_owner[@]}" timeout --signal=INT "$MAX_LIFE" "$bin/postgres" -D "$dir/data" -p "$port" -k "$dir" \
        -c listen_addresses=127.0.0.1 -c timezone=Asia/Kathmandu -c max_connections=300 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 \
        </dev/null >>server.log 2>&1 &
    server=$!
}

# The server itself writes that it is ready (as pg_ctl waits for it), so another server on this port is never taken for it.
wait_until_ready() {
    local _
    for _ in $(seq 300); do
        [ "$(sed -n '8s/ *$//p' "$dir/data/postmaster.pid" 2>/dev/null)" != ready ] || return 0
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

stop() {
    "${as_owner[@]}" "$bin/pg_ctl" --pgdata="$dir/data" --mode=immediate --silent stop >/dev/null 2>&1 || true
    cd /
    rm -rf "$dir"
}

# The server lives as long as nextest, which is our parent. Where there is no PostgreSQL, each test says so itself.
serve_nextest() {
    if [ -n "${FICHERO_TEST_POSTGRES:-}" ] || ! bin_dir >/dev/null 2>&1; then
        return
    fi
    local answer
    answer=$(mktemp)
    while kill -0 "$PPID" 2>/dev/null; do sleep 1; done </dev/null 2>/dev/null | "$0" >"$answer" 2>&1 &
    while [ ! -s "$answer" ] && kill -0 "$!" 2>/dev/null; do sleep 0.1; done
    read -r url <"$answer" || true
    case "${url:-}" in
        postgres://*) echo "FICHERO_TEST_POSTGRES=$url" >>"$NEXTEST_ENV" ;;
        *) cat "$answer" >&2; exit 1 ;;
    esac
    rm -f "$answer"
}

main "$@"
