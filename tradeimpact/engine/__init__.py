"""How it runs: sampling of assumptions and fixed blocks of draws."""
