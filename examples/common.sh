# What the scripts `run` of the examples share; they source it.

find_fichero() {
    if command -v fichero; then
        return
    fi
    local repository target build
    repository=$(cd "$here/../.." && pwd)
    target=${CARGO_TARGET_DIR:-$repository/target}
    for build in release debug; do
        if [ -x "$target/$build/fichero" ]; then
            echo "$target/$build/fichero"
            return
        fi
    done
    echo "run: no fichero in PATH and none built in $target: run cargo build --release" >&2
    exit 1
}

# Makes the workspace and puts its definitions in force.
begin() {
    if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -d "$1" ]; then
        echo "usage: run DATA_DIR [WORKSPACE]" >&2
        exit 64
    fi
    data=$(cd "$1" && pwd)
    if [ $# -eq 2 ]; then
        workspace=$2
    else
        workspace=$(mktemp -d)
    fi
    fichero=$(find_fichero)
    rejected=0
    mkdir -p "$workspace/mappings"
    cp "$here"/*.yaml "$workspace/"
    cp "$here"/mappings/*.yaml "$workspace/mappings/"
    "$fichero" apply -C "$workspace"
}

# Reads FILE into ENTITY by the mapping MAP. A rejected row does not stop the import: what went in stays, and the
# rejects file tells what to mend before the same file is imported again.
read_file() {
    local entity=$1 file=$2 map=$3 status=0
    echo "== $file: $map"
    "$fichero" import "$entity" "$data/$file" --map "$map" -C "$workspace" \
        --rejects "$workspace/data/rejects/$map-$(basename "$file")" || status=$?
    case $status in
        0) ;;
        4) rejected=4 ;;
        *) exit "$status" ;;
    esac
}

# Exports what was imported, and has the script `check` compare it with the files.
compare() {
    local exported entity
    exported=$(mktemp -d)
    for entity in $(sed -n 's/^entity: //p' "$here"/definitions.yaml); do
        "$fichero" export "$entity" "$exported/$entity.csv" -C "$workspace" > /dev/null
    done
    python3 "$here/check" "$data" "$exported"
    rm -r "$exported"
    exit "$rejected"
}
