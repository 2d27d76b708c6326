# SPDX-License-Identifier: Apache-2.0
# ./voltkeep test: builds and runs every test, and closes with one line "N passed, N failed" (", N skipped"). A suite that fails
# does not keep the others from running; a suite that does not build ends the run.
#   always   release (GCC): unit and whole-system tests; asan (Clang, ASan and UBSan): unit tests of base, wire, charging and
#            kernel, and each fuzzer for 20 s from its seeds
#   --long   release tests labelled "long" too; services under ASan, everything under TSan; each fuzzer for 10 minutes

tests_passed=0 tests_failed=0 tests_skipped=0 tests_of=()

# suite PRESET CTEST-ARGUMENT...: runs the tests of a build and counts them.
suite() {
    local preset=$1 log=$project/build/$1/test.log before=$SECONDS summary
    shift
    say "testing $preset"
    ctest --test-dir "$project/build/$preset" --output-on-failure --no-tests=ignore -j "$(nproc)" "$@" 2>&1 | tee "$log"
    local status=${PIPESTATUS[0]}
    summary=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+' "$log" | tail -1)
    if [[ $summary =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
        local failed=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]} skipped
        skipped=$(grep -cE '^[[:space:]]+[0-9]+ - .* \((Skipped|Disabled)\)$' "$log")
        tests_failed=$((tests_failed + failed)) tests_skipped=$((tests_skipped + skipped))
        tests_passed=$((tests_passed + all - failed - skipped))
        tests_of+=("$preset: $((all - failed - skipped)) of $all tests passed in $((SECONDS - before)) s")
    elif ((status != 0)); then
        fail "the tests of $preset could not be run: $(tail -1 "$log")" 1
    fi
}

# test_all LONG FILTER
test_all() {
    local long=$1 filter=$2 select=() skip=(-LE '^long$') seconds=20
    [ -n "$filter" ] && select=(-R "$filter")
    [ "$long" = yes ] && skip=() seconds=600
    build release all || exit 1
    build asan all -- -DVOLTKEEP_FUZZ_SECONDS=$seconds || exit 1
    suite release "${skip[@]}" "${select[@]}"
    suite asan "${skip[@]}" "${select[@]}"
    if [ "$long" = yes ]; then
        build asan-services all || exit 1
        suite asan-services -LE '^(long|style)$' "${select[@]}"
        build tsan all || exit 1
        suite tsan -LE '^(long|style)$' "${select[@]}"
    fi
    ((tests_passed + tests_failed + tests_skipped)) || fail "no test has a name that matches '$filter'"
    printf '\n'
    printf '%s\n' "${tests_of[@]}"
    if ((tests_skipped)); then
        printf '%d passed, %d failed, %d skipped\n' "$tests_passed" "$tests_failed" "$tests_skipped"
    else
        printf '%d passed, %d failed\n' "$tests_passed" "$tests_failed"
    fi
    ((tests_failed == 0))
}
