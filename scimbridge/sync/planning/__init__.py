"""From rules, a source and the directory to a plan: who comes, changes, moves and leaves. Writes nothing anywhere."""
