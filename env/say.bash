# SPDX-License-Identifier: Apache-2.0
# What the launcher says to people: short lines on standard error (standard output belongs to the command that runs).

say() { printf 'voltkeep: %s\n' "$*" >&2; }

# fail SENTENCE [STATUS]: one sentence, and the end. 1: a check failed; 2: wrong use, or the machine cannot (the default).
fail() { say "$1"; exit "${2:-2}"; }

# progress WHAT DONE [NOW]: on a terminal one line that is written over; else a line every 20 s. WHAT [DONE], elapsed seconds.
# progress_start begins the count; progress_end WHAT closes it with the total.
progress_start() { progress_began=$SECONDS progress_shown=$SECONDS; }
progress() {
    if [ -t 2 ]; then
        printf '\r\e[Kvoltkeep: %s, %d s' "$1" $((SECONDS - progress_began)) >&2
    elif ((SECONDS - progress_shown >= 20)); then
        progress_shown=$SECONDS
        say "$1, $((SECONDS - progress_began)) s"
    fi
}
progress_end() {
    [ -t 2 ] && printf '\r\e[K' >&2
    say "$1, $((SECONDS - progress_began)) s"
}
