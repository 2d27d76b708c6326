# SPDX-License-Identifier: Apache-2.0
# Builds with CMake, Ninja and ccache into build/<preset>. One launcher builds at a time; others wait. All output is progress on
# standard error; the whole of it is in build/<preset>/build.log.

export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache} CCACHE_BASEDIR=$project CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# build PRESET TARGET... [-- CMAKE OPTION...]: 0 when all targets are up to date, else 1 with the compiler's words shown.
build() (
    preset=$1 folder=$project/build/$1
    shift
    targets=() options=()
    while (($#)); do
        [ "$1" = -- ] && { shift; options=("$@"); break; }
        targets+=("$1")
        shift
    done
    mkdir -p "$project/build" 2>/dev/null && exec {lock}>"$project/build/lock" || fail "no permission to write in $project/build"
    if ! flock -n "$lock"; then
        say "another launcher is building: waiting for it"
        flock "$lock"
    fi
    # Objects made with other versions of compiler and libraries are not reused: their dates would lie to Ninja.
    if [ -e "$folder/CMakeCache.txt" ] && [ "$(cat "$folder/machine" 2>/dev/null) $project" != "$VOLTKEEP_MACHINE $(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt")" ]; then
        rm -rf "$folder"
    fi
    mkdir -p "$folder" || fail "no permission to write in $project/build"
    log=$folder/build.log
    progress_start
    if [ ! -e "$folder/build.ninja" ] || ((${#options[@]})); then
        (cd "$project" && cmake --preset "$preset" "${options[@]}") >"$log" 2>&1 {lock}>&- || { broken "$preset" "$log"; exit 1; }
        echo "$VOLTKEEP_MACHINE" >"$folder/machine"
    fi
    NINJA_STATUS='[%f/%t] ' ninja -C "$folder" "${targets[@]}" 2>&1 {lock}>&- | tee "$log" | {
        worked=1
        while IFS= read -r line; do
            if [[ $line =~ ^\[([0-9]+/[0-9]+)\]\ (.*) && ${BASH_REMATCH[2]} != Re-checking* ]]; then
                worked=0
                progress "building $preset ${BASH_REMATCH[1]}"
            fi
        done
        exit $worked
    }
    outcome=("${PIPESTATUS[@]}")
    if ((outcome[0])); then
        progress_end "building $preset failed"
        broken "$preset" "$log"
        exit 1
    fi
    ((outcome[2])) || progress_end "built $preset"
)

# broken PRESET LOG: shows what the compiler said.
broken() {
    if grep -q '^FAILED: ' "$2"; then
        sed -n '/^FAILED: /,$ { /^\[[0-9]/d; p }' "$2" | head -150 >&2
    else
        tail -40 "$2" >&2
    fi
    if grep -qi 'no space left' "$2"; then fail "the disk is full: free some space and start again"; fi
    say "$1 does not build; all of it is in $2"
}
