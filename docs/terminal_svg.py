#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what a terminal showed as an SVG: terminal_svg.py < session.txt > docs/generated/timeline.svg"""
import sys
from xml.sax.saxutils import escape

WIDTH, LINE, CHARACTER = 128, 17, 7.8
lines = [line.rstrip("\n")[:WIDTH] for line in sys.stdin]
width, height = int(WIDTH * CHARACTER) + 32, len(lines) * LINE + 32
print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">')
print('<rect width="100%" height="100%" rx="8" fill="#14191f"/>')
print('<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13" xml:space="preserve">')
for number, line in enumerate(lines):
    y = 28 + number * LINE
    time, who, text = line[:11], line[11:25], line[25:]
    if line[:11].strip().replace(".", "").isdigit():
        print(f'<text x="16" y="{y}" fill="#6b7785">{escape(time)}</text>')
        print(f'<text x="{16 + 11 * CHARACTER}" y="{y}" fill="#7fd1b9" font-weight="bold">{escape(who)}</text>')
        print(f'<text x="{16 + 25 * CHARACTER}" y="{y}" fill="#e3e8ee">{escape(text)}</text>')
    else:
        print(f'<text x="16" y="{y}" fill="#e3e8ee">{escape(line)}</text>')
print("</g></svg>")
