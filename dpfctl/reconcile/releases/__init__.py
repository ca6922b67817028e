"""Helm releases, which stand for Applications where Helm deploys."""
