"""The forms of a ticket on A4: 交办单 (T5), 报请单 (T12, R32), 督办单 (T23). Each is a title, a number, a table, signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.paper.prints import Printed, Value, pdf, png

_SOURCE = r"""
#let say = sys.inputs
#let red = rgb("#b3201c")
#let rows = json(bytes(say.rows))
#let signers = json(bytes(say.signers))
#set document(title: say.title + " " + say.no, date: none)
#set page(paper: "a4", margin: (top: 30mm, bottom: 26mm, left: 26mm, right: 24mm), footer: context [
  #set text(font: "Noto Sans SC", size: 8.5pt, fill: rgb("#555555"))
  #say.footer #h(1fr) 第 #counter(page).display() 页 共 #counter(page).final().first() 页
])
#set text(font: "Noto Serif SC", lang: "zh", region: "cn", size: 12pt)
#set par(leading: 0.72em, justify: true)
#let bold(body) = text(stroke: 0.3pt + black, body)

#align(center)[
  #text(size: 22pt, fill: red, stroke: 0.45pt + red, tracking: 0.08em, say.office)
  #v(-2mm)
  #text(size: 19pt, stroke: 0.4pt + black, tracking: 0.3em, say.title)
]
#v(1mm)
#grid(columns: (1fr, auto), text(size: 12pt, say.no), text(size: 12pt, say.date))
#v(-3mm)
#line(length: 100%, stroke: 1.1pt + red)
#v(1mm)
#table(
  columns: (35mm, 1fr), stroke: 0.6pt, inset: (x: 3mm, y: 3.1mm), align: (center + horizon, left + horizon),
  ..rows.map(row => ({ set par(justify: false); bold(row.at(0)) }, if row.at(1) == "" { v(15mm) } else { set par(justify: false); row.at(1) })).flatten(),
)
#v(7mm)
#set par(justify: false)
#grid(columns: (1fr,) * calc.max(1, signers.len()), row-gutter: 12mm,
  ..signers.map(name => [#name:#box(width: 26mm, line(length: 100%, stroke: 0.5pt))]),
)
#v(6mm)
#align(right)[#box(width: 40mm)[#h(1fr)年#h(1fr)月#h(1fr)日]]
"""


@dataclass(frozen=True)
class Form:
    """A form: what stands in it, in the order of its rows. An empty value is a space to write in."""

    office: str
    title: str
    no: str
    date: str
    rows: Sequence[tuple[str, str]]
    signers: Sequence[str]
    footer: str = ""

    def inputs(self) -> dict[str, Value]:
        """The values, as text: nothing somebody typed can become markup."""
        return {
            "office": self.office,
            "title": self.title,
            "no": self.no,
            "date": self.date,
            "footer": self.footer,
            "rows": self.rows,
            "signers": self.signers,
        }


def print_form(form: Form) -> Printed:
    """The form as PDF."""
    return pdf(_SOURCE, form.inputs())


def picture_form(form: Form) -> list[bytes]:
    """Its pages as pictures."""
    return png(_SOURCE, form.inputs())
