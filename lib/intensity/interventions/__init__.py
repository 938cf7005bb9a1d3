"""The same scenes rendered again with one factor changed, and what that does to predictions.

`recoloring`, `covering`, `pieces`, `geometry`, `scene`, `rectangle` and `pixels` change scenes;
`registry` has them all as rows. `answers` measures what is answered, `effects` are computed from
answers.
"""
