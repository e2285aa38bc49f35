"""JPEG files into [3, 224, 224] float32 arrays in 0 … 1 with Pillow and NumPy; prints how long that took."""
import argparse
import json
import time
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 224
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=Path)
parser.add_argument("--share", default="0/1", help="which part of the files, such as 1/2")
parser.add_argument("--draft", action="store_true", help="decode at a fraction of the size where that is large enough")
options = parser.parse_args()
share, shares = map(int, options.share.split("/"))
files = sorted(options.folder.glob("*.jpg"))[share::shares]
total = 0.0
start = time.perf_counter()
for file in files:
    with Image.open(file) as image:
        if options.draft:
            image.draft("RGB", (SIDE, SIDE))
        small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    tensor = np.ascontiguousarray(np.asarray(small, np.float32).transpose(2, 0, 1)) / np.float32(255)
    total += float(tensor.flat[SIDE * SIDE // 2])
print(json.dumps({"pictures": len(files), "seconds": time.perf_counter() - start, "sum": total}))
