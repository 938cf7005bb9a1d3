"""Evaluation of attributions: localization, faithfulness, randomization."""
