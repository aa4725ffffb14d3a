"""Finished audits side by side: two models, or the folds of one training. Works on stored audits too."""
