from tests.help.snapshots import FOLDER, SUFFIX, all_helps

for old in FOLDER.glob(f"*{SUFFIX}"):
    old.unlink()
for name, text in all_helps().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
