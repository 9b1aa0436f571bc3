"""The plaque of a project (挂牌服务牌): one page of A5 with the brand, who serves, and a QR code that opens the enterprise's page.

The code on it is ``<site>/s/<token>``: random and revocable, never the credit code. Texts are data of the brand table.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import segno

from shared.paper.prints import Printed, pdf, png

_SOURCE = r"""
#let say = sys.inputs
#let red = rgb("#a8201a")
#let gold = rgb("#b8893b")
#let ink = rgb("#2b2523")
#let soft = rgb("#7a6f69")
#set document(title: say.title + " " + say.number, date: none)
#set page(paper: "a5", margin: 0pt, fill: rgb("#fffdf9"))
#set text(font: "Noto Serif SC", lang: "zh", region: "cn", size: 11pt, fill: ink)
#set par(leading: 0.62em, spacing: 0.62em)
#let bold(body, weight: 0.28pt, paint: ink) = text(stroke: weight + paint, fill: paint, body)

// A text that must stay on its line gives way in size, never in width.
#let fit(body, size, width, least: 7pt) = context {
  let s = size
  while s > least and measure(text(size: s, body)).width > width { s -= 0.5pt }
  text(size: s, body)
}

// Band at the head: the brand.
#place(top, rect(width: 100%, height: 44mm, fill: red, stroke: none))
#place(top, dy: 44mm, rect(width: 100%, height: 1.1mm, fill: gold, stroke: none))
#place(top + center, dy: 9mm, block(width: 128mm)[
  #set align(center)
  #set text(fill: white)
  #fit(text(tracking: 0.14em, stroke: 0.5pt + white, say.title), 32pt, 124mm)
  #v(2.6mm)
  #if say.slogan != "" { fit(text(tracking: 0.1em, fill: rgb("#f6e3c3"), say.slogan), 11.5pt, 120mm) }
])
#place(top + center, dy: 36.2mm, text(fill: rgb("#f6e3c3"), size: 10pt, tracking: 0.45em, "项目挂牌服务"))

// The fine frame of the page.
#place(top, dx: 6mm, dy: 51mm, rect(width: 136mm, height: 152.5mm, stroke: 0.5pt + gold, radius: 1.2mm))

#place(top + center, dy: 58.5mm, block(width: 124mm)[
  #set align(center)
  #text(size: 8.5pt, fill: soft, tracking: 0.3em, "服务项目")
  #v(2.2mm)
  #bold(fit(say.project, 17pt, 122mm, least: 10pt), paint: ink)
  #v(1.6mm)
  #text(fill: soft, fit(say.enterprise, 10.5pt, 122mm))
])

#let row(label, value, note: "") = (
  text(size: 9pt, fill: soft, tracking: 0.12em, label),
  [#bold(fit(value, 12.5pt, 58mm, least: 8pt), weight: 0.2pt)#if note != "" { linebreak(); text(size: 8pt, fill: soft, fit(note, 8.5pt, 58mm)) }],
)

#place(top, dx: 12mm, dy: 90mm, block(width: 78mm)[
  #grid(
    columns: (17mm, 1fr), row-gutter: 5.8mm, align: (left + top, left + top),
    ..row("牌　　号", say.number),
    ..row("责任领导", say.leader, note: say.leader_post),
    ..row("服务专员", say.contact, note: say.contact_post),
    ..row("服务电话", say.phone),
    ..row("挂牌日期", say.since),
  )
])

#place(top, dx: 93mm, dy: 88.5mm, block(width: 44mm)[
  #set align(center)
  #rect(stroke: 0.6pt + gold, radius: 1.4mm, inset: 3mm, fill: white, image(bytes(say.qr), format: "svg", width: 38mm))
  #v(0.8mm)
  #text(size: 8.5pt, fill: red, stroke: 0.15pt + red, "扫码办事 · 提诉求")
  #v(0.6mm)
  #text(size: 7pt, fill: soft, "评价走访 · 查询进度")
])

#place(top, dx: 12mm, dy: 151mm, line(length: 124mm, stroke: 0.4pt + gold))
#place(top + center, dy: 157.5mm, block(width: 124mm)[
  #set align(center)
  #set text(size: 9pt)
  #let parts = say.core.split("\n").filter(x => x != "")
  #if parts.len() > 0 {
    grid(columns: if parts.len() > 3 { (1fr, 1fr) } else { (1fr,) * parts.len() }, row-gutter: 3.6mm, column-gutter: 4mm,
      ..parts.map(p => fit(p, 9pt, 58mm, least: 6pt)))
  }
])
#place(top + center, dy: 178.5mm, block(width: 120mm)[
  #set align(center)
  #text(size: 8.5pt, fill: soft, "走访不是检查。如有变味、推诿或收费,请扫码直接告诉督查。")
])
#place(top + center, dy: 189mm, block(width: 124mm)[
  #set align(center)
  #fit(bold(say.lead_office, weight: 0.15pt), 10.5pt, 122mm)
  #v(1mm)
  #text(size: 8pt, fill: soft, fit(say.office, 8pt, 122mm, least: 6pt))
])
"""

FIELDS = (
    "title",
    "slogan",
    "core",
    "lead_office",
    "office",
    "project",
    "enterprise",
    "number",
    "leader",
    "leader_post",
    "contact",
    "contact_post",
    "phone",
    "since",
)
"""What a plaque says; what is missing is left blank."""


def _inputs(values: Mapping[str, str], address: str) -> dict[str, str]:
    picture = io.BytesIO()
    segno.make(address, error="q", micro=False).save(picture, kind="svg", border=0, dark="#2b2523", xmldecl=False, nl=False)
    return {**{name: values.get(name, "") for name in FIELDS}, "qr": picture.getvalue().decode()}


def plaque(values: Mapping[str, str], address: str) -> Printed:
    """The page as PDF. ``address`` is what the QR code opens."""
    return pdf(_SOURCE, _inputs(values, address))


def preview(values: Mapping[str, str], address: str, *, ppi: float = 144) -> bytes:
    """The page as a picture."""
    return png(_SOURCE, _inputs(values, address), ppi=ppi)[0]
