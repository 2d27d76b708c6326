# SPDX-License-Identifier: Apache-2.0
# Gives the launcher a Debian 13: this machine if it is one (its missing packages are installed), else a Debian 13 root in the
# user's cache, made once per package list by mmdebstrap and entered with bubblewrap. Called outside, before anything is built.
# A root is made under another name and renamed when whole, so a root that has its name is complete; one launcher makes it,
# others wait. It is entered read-only: nothing that runs inside can change it for the next one.

machine_packages() { sed 's/#.*//' "$project/env/packages" | tr -s '[:space:]' '\n' | sed '/^$/d' | LC_ALL=C sort -u; }

# The name of an environment: the package list and the version of the recipe below.
machine_hash() { { echo recipe 2; machine_packages; } | sha256sum | cut -c1-12; }

# Is this Debian 13 or newer? (testing and unstable have no VERSION_ID)
machine_is_debian_13() (
    [ -r /etc/os-release ] || exit 1
    . /etc/os-release
    [ "${ID-}" = debian ] || exit 1
    [ "${VERSION_ID:-99}" -ge 13 ] 2>/dev/null
)

# as_root COMMAND...: at once when we are root, else through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 127; fi
}

# install_here NAME...: apt-get install on this machine. The log is shown only when it goes wrong.
install_here() {
    local log=$cache/apt.log
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -qy update >"$log" 2>&1 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
            -qy --no-install-recommends install "$@" >>"$log" 2>&1 </dev/null
}

unreachable='could not resolve|temporary failure resolving|unable to connect|could not connect|network is unreachable|connection refused|connection timed out'
download_failed="$unreachable|failed to fetch|hash sum mismatch|connection failed|unexpected end of file|bad gateway|service unavailable"

# why_failed LOG: the sentence for a failed installation.
why_failed() {
    if (($(free_megabytes "$cache") < 64)) || grep -qiE 'no space left' "$1"; then echo "the disk is full: free 4 GB in $cache and start again"
    elif grep -qiE "$unreachable" "$1"; then echo "Debian's archive is not reached: check the network (or apt's proxy) and start again"
    elif grep -qiE 'permission denied|are you root|operation not permitted|a password is required' "$1"; then
        echo "no permission to install (see $1): start it as root, or as a user who may use sudo"
    elif grep -qE 'subuid|subgid' "$1"; then
        echo "this user has no subordinate ids: have root run 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)', then start again"
    else echo "the installation failed: $(grep -E '^(E:|dpkg: error)' "$1" | tail -1 | cut -c1-200) (see $1)"; fi
}

free_megabytes() { df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }'; }

# --- Debian 13 and newer -----------------------------------------------------------------------------------------------

missing_packages() {
    comm -23 <(machine_packages) <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^[hi]i *//p' | LC_ALL=C sort -u)
}

# prepare_this_machine: 0 when it has all packages; 1 when it cannot have them (a newer Debian, a user without sudo).
prepare_this_machine() {
    local missing
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0
    say "this Debian lacks ${#missing[@]} packages: ${missing[*]}"
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        command -v mmdebstrap >/dev/null && command -v bwrap >/dev/null && return 1
        fail "they can be installed by root alone: run 'apt-get install --no-install-recommends ${missing[*]}' as root, then start again"
    fi
    progress_start
    if ! install_here "${missing[@]}"; then
        grep -qE 'Unable to locate package|no installation candidate' "$cache/apt.log" && return 1
        fail "$(why_failed "$cache/apt.log")"
    fi
    progress_end "packages installed"
}

# --- a Debian 13 root ----------------------------------------------------------------------------------------------------

need_tools() {
    local missing=()
    command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
    command -v bwrap >/dev/null || missing+=(bubblewrap)
    [ "$(id -u)" = 0 ] || command -v newuidmap >/dev/null || missing+=(uidmap)
    command -v flock >/dev/null || missing+=(util-linux)
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || fail "this machine lacks ${missing[*]}: install them with its package manager, then start again"
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        fail "this machine lacks ${missing[*]}: have root run 'apt-get install ${missing[*]}', then start again"
    say "installing ${missing[*]}"
    install_here "${missing[@]}" || fail "$(why_failed "$cache/apt.log")"
}

# make_root DIR: Debian 13 with the package list.
make_root() {
    local making=$1 log=$2 options
    options=(--variant=apt --include="$(machine_packages | paste -sd,)"
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"'
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*'
        --dpkgopt='path-exclude=/usr/share/locale/*')
    if [ "$(id -u)" = 0 ]; then
        mmdebstrap "${options[@]}" trixie "$making" >"$log" 2>&1
    else
        # A user cannot own another user's files: the tree is unpacked as the user's own, and without device nodes.
        mkdir -p "$making" && mmdebstrap --mode=unshare "${options[@]}" trixie - 2>"$log" | tar -x -C "$making" --no-same-owner --exclude='./dev/*' 2>>"$log"
    fi
}

remove_root() { rm -rf --one-file-system "$1" 2>/dev/null || { chmod -R u+w "$1" && rm -rf --one-file-system "$1"; } 2>/dev/null; }

# ensure_root: sets $root. Holds the lock while it makes one; what a killed launcher left is removed by the next that makes one.
ensure_root() {
    root=$cache/root-$(machine_hash)
    [ -d "$root" ] && return 0
    need_tools
    exec {lock}>"$cache/lock" || fail "no permission to write in $cache: set XDG_CACHE_HOME to a folder that you own"
    if ! flock -n "$lock"; then
        say "another launcher is making the Debian 13 root: waiting for it"
        flock "$lock"
    fi
    if [ ! -d "$root" ]; then
        local old free making=$root.making log=$cache/root.log try reason phase
        for old in "$cache"/root-*.making; do [ -e "$old" ] && remove_root "$old"; done
        free=$(free_megabytes "$cache")
        ((free >= 4096)) || fail "the disk is full: $cache has $free MB free, the Debian 13 root and the build cache need 4096"
        for old in "$cache"/root-*; do [ -d "$old" ] && say "an older root may be removed when nothing runs in it: $old"; done
        say "making a Debian 13 root in $root (once; about a minute)"
        progress_start
        for try in 1 2 3; do
            # In a process group of its own, so that it can be ended whole. It holds the lock too: killed launchers leave it at work.
            : >"$log"
            set -m
            make_root "$making" "$log" &
            making_pid=$!
            set +m
            trap 'kill -- "-$making_pid" 2>/dev/null; wait "$making_pid" 2>/dev/null; remove_root "$making"; exit 130' INT TERM HUP
            while kill -0 "$making_pid" 2>/dev/null; do
                phase=$(grep -oE '^I: (downloading|extracting|installing|cleaning)[a-z ]*' "$log" | tail -1 | cut -c4-)
                progress "${phase:-starting}"
                sleep 0.5
            done
            if wait "$making_pid"; then break; fi
            trap - INT TERM HUP
            reason=$(why_failed "$log")
            remove_root "$making"
            ((try < 3)) && grep -qiE "$download_failed" "$log" || fail "$reason"
            say "attempt $try failed; trying again"
            sleep $((try * 3))
        done
        mv -T "$making" "$root" || fail "the new root cannot be renamed to $root"
        trap - INT TERM HUP
        progress_end "Debian 13 root ready"
    fi
    exec {lock}>&-
}

# enter_root ARGUMENT...: runs this launcher again inside the root, with its status. Everything but the system's own folders is
# the machine's: the project, HOME, the cache, /tmp, every path that may be named on the command line. No namespace but mounts:
# the station makes its own. The host's /proc stays visible, else the kernel refuses a new user namespace its own /proc.
enter_root() {
    local binds=() entry path options=()
    for entry in /*; do
        case $entry in /bin | /boot | /dev | /etc | /lib* | /proc | /run | /sbin | /sys | /usr | /var | /lost+found) continue ;; esac
        [ -d "$entry" ] && [ ! -L "$entry" ] && binds+=("$entry")
    done
    for path in /var/tmp "$HOME" "$cache" "$project"; do binds+=("$path"); done
    case $PWD in / | /bin* | /dev* | /etc* | /lib* | /proc* | /run* | /sbin* | /sys* | /usr* | /boot*) ;; *) binds+=("$PWD") ;; esac
    for path in "${binds[@]}"; do
        [ -d "$root$path" ] || mkdir -p "$root$path" || fail "no permission to write in $root"
        options+=(--bind "$path" "$path")
    done
    # Names and authorities are the machine's: its network may have some of its own.
    for path in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
        [ -e "$path" ] && [ -e "$root$path" ] && options+=(--ro-bind "$path" "$path")
    done
    if [ "$(id -u)" = 0 ]; then options+=(--cap-add ALL); fi
    local directory=$PWD
    [ -d "$root$directory" ] || directory=$project

    # Signals reach the command itself, once: bubblewrap's own process ignores them (it would die and leave the command alone).
    # Ctrl-C on a terminal goes to every process of the foreground group already; everything else is handed on from here.
    local information status again pid
    exec 3<&0 4>&1
    exec {information}< <(
        trap '' INT TERM HUP QUIT
        exec bwrap --ro-bind "$root" / --dev-bind /dev /dev --bind /proc /proc --bind /sys /sys --tmpfs /run "${options[@]}" \
            --die-with-parent --chdir "$directory" --setenv VOLTKEEP_MACHINE "$(machine_hash)" --info-fd 5 -- \
            /usr/bin/env --default-signal=INT,TERM,HUP,QUIT "$project/voltkeep" "$@" 5>&1 0<&3 1>&4 3<&- 4>&-
    )
    pid=$!
    exec 3<&- 4>&-
    command_pid=
    trap 'hand_on INT' INT
    trap 'hand_on TERM' TERM
    trap 'hand_on HUP' HUP
    trap 'hand_on QUIT' QUIT
    while read -r -u "$information" line; do
        [[ $line =~ \"child-pid\":\ ([0-9]+) ]] && command_pid=${BASH_REMATCH[1]}
    done
    again=yes status=127
    while [ "$again" = yes ]; do
        again=no
        wait "$pid"
        status=$?
    done
    [ -n "$command_pid" ] || fail "bubblewrap may not make a mount namespace on this machine: allow user namespaces, or start it as root or on Debian 13"
    exit "$status"
}

# hand_on SIGNAL: to the command inside the root.
hand_on() {
    again=yes
    [ -n "$command_pid" ] || return 0
    if [ "$1" = INT ] || [ "$1" = QUIT ]; then
        local fields
        read -r fields </proc/self/stat
        read -r -a fields <<<"${fields##*) }"
        [ "${fields[2]}" = "${fields[5]}" ] && return 0   # process group = the terminal's foreground group
    fi
    kill -s "$1" "$command_pid" 2>/dev/null
}

# prepare_machine ARGUMENT...: returns on a machine that has all; else it does not return: the launcher goes on inside the root.
prepare_machine() {
    [ -z "${VOLTKEEP_MACHINE-}" ] || return 0
    [ "$(uname -s)" = Linux ] || fail "Voltkeep runs on Linux; this is $(uname -s)"
    mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] || fail "no permission to write in $cache: set XDG_CACHE_HOME to a folder that you own"
    if machine_is_debian_13 && prepare_this_machine; then
        VOLTKEEP_MACHINE=debian-$(dpkg-query -W -f '${Package} ${Version}\n' $(machine_packages) | sha256sum | cut -c1-12)
        export VOLTKEEP_MACHINE
        return 0
    fi
    ensure_root
    enter_root "$@"
}
