"""Any text as LaTeX, so that pdflatex sets all that its own fonts have."""

from __future__ import annotations

import re
import unicodedata

from graphgrad.drawing.text import printable


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_TEXT = {
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    '"': "{''}",
    **{c: "\\" + c for c in "&#%_"},
}
# Two of them, the circles, are amssymb's.
_MATH = _pairs(
    r"""
    \ \backslash { \{ } \} | | < < > > � \diamond
    $ \mathdollar § \mathsection ¶ \mathparagraph £ \mathsterling
    × \times ÷ \div ± \pm ∓ \mp · \cdot ⋅ \cdot ∗ * ∘ \circ ∙ \bullet − - ≤ \le ≥ \ge
    ≠ \ne ≈ \approx ≡ \equiv ≪ \ll ≫ \gg ∝ \propto ∼ \sim ∂ \partial ∇ \nabla
    ∞ \infty ∑ \sum ∏ \prod ∫ \int √ \surd ∛ \sqrt[3]{\,} ∅ \emptyset ℓ \ell ∈ \in
    ∉ \notin ∀ \forall ∃ \exists ∧ \wedge ∨ \vee ∩ \cap ∪ \cup ⊕ \oplus ⊗ \otimes
    ⊙ \odot ⊤ \top ⊥ \perp ∠ \angle ¬ \neg ‖ \Vert ∥ \Vert ⟨ \langle ⟩ \rangle
    ⌊ \lfloor ⌋ \rfloor ⌈ \lceil ⌉ \rceil → \rightarrow ← \leftarrow ↔ \leftrightarrow
    ↑ \uparrow ↓ \downarrow ⇒ \Rightarrow ⇐ \Leftarrow ⇔ \Leftrightarrow ↦ \mapsto
    ⟲ \circlearrowleft ↺ \circlearrowleft ⟳ \circlearrowright ↻ \circlearrowright
    ● \bullet ★ \star ′ {}' ″ {}'' ‴ {}''' ° ^\circ
    α \alpha β \beta γ \gamma δ \delta ε \varepsilon ζ \zeta η \eta θ \theta ι \iota
    κ \kappa λ \lambda μ \mu ν \nu ξ \xi π \pi ρ \rho σ \sigma ς \varsigma τ \tau
    υ \upsilon φ \varphi χ \chi ψ \psi ω \omega ϵ \epsilon ϑ \vartheta ϕ \phi µ \mu
    Γ \Gamma Δ \Delta Θ \Theta Λ \Lambda Ξ \Xi Π \Pi Σ \Sigma Υ \Upsilon Φ \Phi
    Ψ \Psi Ω \Omega
    """
)
_TEXT |= {
    sign: rf"\text{place}script{{{plain}}}"
    for place, signs, letters in (
        ("super", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺ⁿᵀ", "0123456789+nT"),
        ("sub", "₀₁₂₃₄₅₆₇₈₉ₙ", "0123456789n"),
    )
    for sign, plain in zip(signs, letters, strict=True)
}
_TEXT |= _pairs(
    r"""
    … \dots{} – \textendash{} — \textemdash{} ‘ ` ’ ' “ `` ” '' ¡ !` ¿ ?` ß \ss{}
    æ \ae{} Æ \AE{} œ \oe{} Œ \OE{} ø \o{} Ø \O{} ł \l{} Ł \L{} ı \i{}
    """
)
_ACCENTS = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307"
        "\u0308\u030a\u030b\u030c\u0323\u0327\u0331",
        "`'^~=u.\"rHvdcb",
        strict=True,
    )
)

# Characters that TeX joins to dashes and quotation marks unless something is between.
_JOINED = re.compile(r"(?<=[-'`,!?])(?=[-'`,])")
_LETTER = re.compile("(?s:.)[\u0300-\u036f]*")
_NUMBER = re.compile(r"‖?[-+]?(\d|inf)[-+.\dainefj]*‖?")


def latex(text: str) -> str:
    r"""`text` as LaTeX: what is special escaped, mathematical signs as commands.

    Letters that pdflatex has not in its own fonts stay as they are; see `is_foreign`.

    Example:
        >>> print(latex("50 % of W_1"), latex("-0.5"), latex("2 × é"))
        50 \% of W\_1 \ensuremath{-}0.5 2 \ensuremath{\times} \'{e}
    """
    text = unicodedata.normalize("NFC", printable(text))
    if _NUMBER.fullmatch(text):
        text = text.replace("-", "−")
    parts = _JOINED.split(text)
    return r"{\kern0pt}".join("".join(map(_set, _LETTER.findall(p))) for p in parts)


def is_foreign(text: str) -> bool:
    """True if a text needs LuaLaTeX or XeLaTeX, and a font that has its letters.

    Example:
        >>> is_foreign("é ∂ α"), is_foreign("사과")
        (False, True)
    """
    return not latex(text).isascii()


def _set(letter: str) -> str:
    """A letter and its marks; TeX sets one mark well, and no two."""
    base, marks = letter[0], letter[1:]
    plain, *own = unicodedata.normalize("NFD", letter)
    if len(own) == 1 and plain.isascii() and own[0] in _ACCENTS:
        return rf"\{_ACCENTS[own[0]]}{{{plain}}}"
    if base in _MATH:
        return rf"\ensuremath{{{_MATH[base]}}}{marks}"
    return _TEXT.get(base, base) + marks
