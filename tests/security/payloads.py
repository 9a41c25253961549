"""Texts that want to be something else: markup, script, a template, a formula, a layout."""

from __future__ import annotations

# Whatever runs tells on itself here; pictures that load are heard by their host.
_CANARY = "window.canary=1"
_PICTURE = "//evil.example/c.png"

MARKUP = (
    f"<script>{_CANARY}</script>",
    f"</script><script>{_CANARY}</script>",
    f'"><img src=x onerror="{_CANARY}">',
    f"'><img src=x onerror='{_CANARY}'>",
    f"<img src={_PICTURE}>",
    f"<svg onload={_CANARY}>",
    f"<svg><script>{_CANARY}</script></svg>",
    f'<iframe srcdoc="<script>parent.{_CANARY}</script>">',
    f"<body onload={_CANARY}>",
    f"<details open ontoggle={_CANARY}>",
    f"<input autofocus onfocus={_CANARY}>",
    f'" onmouseover="{_CANARY}" x="',
    f"' autofocus onfocus='{_CANARY}",
    f"--><script>{_CANARY}</script>",
    f"]]><script>{_CANARY}</script>",
    f"<!--<script>{_CANARY}</script>",
    f"</title><script>{_CANARY}</script>",
    f"</textarea><script>{_CANARY}</script>",
    f"</option></select><img src=x onerror={_CANARY}>",
    f"<a href=javascript:{_CANARY}>x</a>",
    f"javascript:{_CANARY}",
    f"data:text/html,<script>{_CANARY}</script>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/c.css>",
    "<form action=//evil.example><button>x",
    "&lt;script&gt;&#60;img&#62;",
    "\\u003cscript\\u003e\\x3cscript\\x3e",
)
TEMPLATES = (
    "{{7*7}}",
    "{% debug %}",
    "${7*7}",
    "#{7*7}",
    "{0.__class__.__init__.__globals__}",
    "%(name)s %s %d %",
    "${constructor.constructor('canary=1')()}",
)
LAYOUT = (
    "\u202egnirts desrever\u202d",
    "W" * 110,
    "👩‍👩‍👧‍👦🏴‍☠️🧑🏽‍💻" * 4,
    "Z̸̢̛̤͔͕͍̀͛a̵̡͎̤͋l̷̨̺͙͐̌g̶̣̈́o̴̯̔",
)
FORMULAS = (
    "=HYPERLINK(A1)",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
)
PAYLOADS = (*MARKUP, *TEMPLATES, *LAYOUT, *FORMULAS)
