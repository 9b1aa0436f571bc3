"""``python -m deploy.cli``: the same as ``guiren``, where no script is installed (the image)."""

from deploy.cli import main

main()
