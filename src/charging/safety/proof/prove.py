#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves the interlock, and shows that proof and search find every guard that is taken away.

  prove.py proof                 CBMC: base and step of the induction, and that it is not empty
  prove.py mutants WORK CXX CC   each mutant of mutants.txt, made in WORK: found by the proof, or by the search of its fault
  prove.py third WORK CXX CC     the same with every third of them

A mutant is a text of the core that stands in its file exactly once, and what stands there instead. One that nobody finds fails the test.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
CORE = HERE.parent
SOURCE = HERE.parents[2]
CPP = ["pilot", "setpoint", "conditions", "sequence", "safety"]
CHECKS = ["--bounds-check", "--pointer-check", "--signed-overflow-check", "--undefined-shift-check", "--div-by-zero-check",
          "--unwinding-assertions"]


def cbmc(function, source, options):
    """CBMC's status (0 proved, 10 refuted) and what it said. The table has 32 rows: 33 unwindings are all of them."""
    run = subprocess.run(["cbmc", "--sat-solver", "cadical", "--unwind", "33", "--no-standard-checks", *options, "-I", SOURCE, "--function", function, source,
                          HERE / "interlock_proof.c"], capture_output=True, text=True, timeout=300)
    return run.returncode, run.stdout + run.stderr


def prove():
    good = True
    for function in ("prove_base", "prove_step"):
        begun = time.monotonic()
        status, said = cbmc(function, CORE / "interlock.c", CHECKS)
        proved = status == 0 and "VERIFICATION SUCCESSFUL" in said
        summary = re.search(r"\*\* .*", said)
        print(f"{function}: {'proved' if proved else 'NOT PROVED'}, {summary[0][3:] if summary else ''}, {time.monotonic() - begun:.1f} s")
        if not proved:
            print("\n".join(line for line in said.splitlines() if "FAILURE" in line or "error" in line.lower()) or said[-2000:])
        good = good and proved
    status, said = cbmc("show_not_empty", CORE / "interlock.c", [])
    runs = re.findall(r"possible: (.*): (FAILURE|SUCCESS)", said)
    for what, found in runs:
        if found != "FAILURE":
            print(f"EMPTY: no run in which {what}")
    print(f"the proof is about something: {sum(found == 'FAILURE' for _, found in runs)} of {len(runs)} kinds of runs exist")
    return good and len(runs) == 9 and all(found == "FAILURE" for _, found in runs)


def read_mutants():
    """name, file, fault for the search, old, new. Entries are parted by lines of ===, old and new by a line of ---."""
    mutants = []
    for entry in (HERE / "mutants.txt").read_text().split("\n===\n")[1:]:
        head, old, new = entry.split("\n---\n")
        file, searched, name = head.split(" ", 2)
        mutants.append((name, file, searched, old, new.removesuffix("\n")))
    # Each condition that is ever reported, taken away: its fault in the search has the protection's name, unless said otherwise.
    names = {"inputs_stale": "frames_stop", "bus_late": "echo_frozen", "loop_overrun": "stall", "pilot_fault": "pilot_e", "contactor_welded": "welded",
             "discharge_failed": "discharge_broken", "setup_timeout": "never_precharged", "sensor_implausible": "cabinet_sensor", "mains": "mains_voltage"}
    text = (CORE / "conditions.cpp").read_text()
    for found in re.finditer(r"^    set\.add\(PROTECTION_(\w+),.*?\);\n", text, re.M | re.S):
        protection = found[1].lower()
        outlet = "ac" if found.start() < text.index("void add_dc") and found.start() > text.index("void add_ac") else "dc"
        mutants.append((f"{protection} is never reported ({outlet})", "conditions.cpp", f"{outlet} {names.get(protection, protection)}", found[0].rstrip("\n"), ""))
    return mutants


def find(work, cxx, cc, number, mutant):
    """Who finds this mutant: "proof", "search", or None."""
    name, file, searched, old, new = mutant
    text = (CORE / file).read_text()
    # Where lines are broken does not matter: the tokens do.
    places = list(re.finditer(r"\s*".join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", old)), text))
    if len(places) != 1:
        return f"does not fit: its text stands {len(places)} times in {file}"
    place = work / f"{number}"
    place.mkdir(exist_ok=True)
    mutated = place / file
    mutated.write_text((text[:places[0].start()] + new + text[places[0].end():]).replace('#include "interlock.h"', '#include "charging/safety/interlock.h"'))
    if file == "interlock.c":
        status, said = cbmc("prove_step", mutated, ["--stop-on-fail"])
        if status == 10:
            return "proof: " + re.search(r"Violated property:\n.*\n.*\n\s*(.*)", said)[1] if "Violated property" in said else "proof"
        if status != 0:
            return f"does not build: {said[-500:]}"
        compiled = subprocess.run([cc, "-std=c11", "-O1", f"-I{SOURCE}", "-c", mutated, "-o", place / "mutant.o"], capture_output=True, text=True)
    else:
        compiled = subprocess.run([cxx, "-std=gnu++23", "-O1", f"-I{SOURCE}", "-c", mutated, "-o", place / "mutant.o"], capture_output=True, text=True)
    if compiled.returncode:
        return f"does not build: {compiled.stderr[-500:]}"
    others = [work / f"{part}.o" for part in [*CPP, "interlock", "world", "rules", "search"] if part != file.split(".")[0]]
    subprocess.run([cxx, place / "mutant.o", *others, "-o", place / "search"], check=True)
    run = subprocess.run([place / "search", *re.split("[ ,]", searched)], capture_output=True, text=True, timeout=300)
    broken = re.search(r"BROKEN: (.*)|(EMPTY)", run.stdout)
    return f"search: {broken[1] or 'the fault is not reached any more'}" if run.returncode == 1 and broken else None


def third_of(mutants):
    """Every third one. The sources say which third, so that each change of them tries another."""
    sources = b"".join(file.read_bytes() for file in sorted(CORE.glob("*.[ch]*")))
    return mutants[zlib.crc32(sources) % 3::3]


def try_mutants(work, cxx, cc, choose):
    work.mkdir(parents=True, exist_ok=True)
    for part in [*(CORE / f"{p}.cpp" for p in CPP), *(HERE / f"{p}.cpp" for p in ("world", "rules", "search"))]:
        subprocess.run([cxx, "-std=gnu++23", "-O1", f"-I{SOURCE}", "-c", part, "-o", work / f"{part.stem}.o"], check=True)
    subprocess.run([cc, "-std=c11", "-O1", f"-I{SOURCE}", "-c", CORE / "interlock.c", "-o", work / "interlock.o"], check=True)
    mutants = choose(read_mutants())
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda m: find(work, cxx, cc, *m), enumerate(mutants)))
    good = 0
    for (name, file, *_), by in zip(mutants, found):
        is_found = by is not None and by.startswith(("proof", "search"))
        good += is_found
        print(f"{'found' if is_found else 'NOT FOUND'}  {file}: {name}: {by or 'nobody sees it'}")
    print(f"{good} of {len(mutants)} mutants found, {sum(b is not None and b.startswith('proof') for b in found)} by the proof, "
          f"{sum(b is not None and b.startswith('search') for b in found)} by the search")
    return good == len(mutants)


if __name__ == "__main__":
    if sys.argv[1:] == ["proof"]:
        sys.exit(not prove())
    if len(sys.argv) == 5 and sys.argv[1] in ("mutants", "third"):
        choose = third_of if sys.argv[1] == "third" else list
        sys.exit(not try_mutants(pathlib.Path(sys.argv[2]), *sys.argv[3:], choose))
    sys.exit(__doc__)
