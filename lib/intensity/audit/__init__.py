"""Audit of one's own network: what its answers rest on, in images with masks of their objects.

    from intensity.audit import audit, make_cases

    answer = audit(predict, make_cases(images, masks, label, group))
    answer.table()
    answer.save("audit")

`predict` takes (n, h, w, c) images in the user's unit, preprocessing included, and returns (n, k)
numbers. `cases` and `reading` say what is audited, `prediction` what a network is, `registry` what
is changed; `effects`, `plane` and `baselines` measure, `report` writes, `truth` audits the audit.
"""

from intensity.audit.answer import Answer, audit
from intensity.audit.cases import Cases, make_cases
from intensity.audit.reading import read_cases
from intensity.audit.tissue import example
from intensity.audit.truth import known_errors

__all__ = ["Answer", "Cases", "audit", "example", "known_errors", "make_cases", "read_cases"]
