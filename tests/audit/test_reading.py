"""Cases from files: all layouts say the same as the arrays, and what is wrong is one line."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from audited import arrays
from intensity.audit.cases import make_cases, sample
from intensity.audit.reading import read_cases, read_picture
from intensity.values import InvalidInput

COUNT = 12
GIVEN: dict[str, Any] = {
    **arrays(COUNT), "images": arrays(COUNT)["images"].astype(np.uint8),
}  # fmt: skip
CASES = make_cases(**GIVEN)
STEMS = [f"{i:02}" for i in range(COUNT)]
NAMES = ("dark", "middle", "bright")


def write(path: Path, pixels: np.ndarray) -> None:
    """An image file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def folder(
    root: Path,
    name: Callable[[int], str] = "{:02}.png".format,
    images: str = "images",
    masks: str = "masks",
    channel: str = "",
) -> pd.DataFrame:
    """A folder of all images and masks; what a table says of them."""
    rows = []
    for i in range(COUNT):
        file = Path(name(i))
        write(
            root / images / file.with_name(f"{file.stem}{channel}{file.suffix}"), GIVEN["images"][i]
        )
        write(root / masks / file, GIVEN["masks"][i].astype(np.uint8) * 255)
        rows.append((f"{images}/{file}", f"{masks}/{file}", GIVEN["label"][i], GIVEN["group"][i]))
    return pd.DataFrame(rows, columns=["image", "mask", "label", "group"])


def same(path: Path, **options: Any) -> None:
    """Do files say what the arrays do?"""
    found = read_cases(path, **options)
    order = np.argsort(found.names)
    for column in ("images", "masks", "label"):
        np.testing.assert_array_equal(getattr(found, column)[order], getattr(CASES, column), column)


def refusal(path: Path, **options: Any) -> str:
    """The one line with which files are refused."""
    with pytest.raises(InvalidInput) as caught:
        read_cases(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of images and masks."""
    folder(tmp_path).to_csv(tmp_path / "cases.csv", index=False)
    return tmp_path / "cases.csv"


def rewritten(table: Path, **columns: Any) -> Path:
    """The table with other columns; None drops one."""
    rows = pd.read_csv(table)
    kept = rows.drop(columns=[name for name, column in columns.items() if column is None])
    kept.assign(**{k: v for k, v in columns.items() if v is not None}).to_csv(table, index=False)
    return table


def test_a_table_names_files_from_its_own_folder(table: Path) -> None:
    same(table)
    assert read_cases(table).groups == CASES.groups
    same(rewritten(table, group=None, site="A"))


def test_sites_are_told_for_every_case(table: Path) -> None:
    sites = [f"site {i % 3}" for i in range(COUNT)]
    rewritten(table, site=sites)
    for found in (read_cases(table), read_cases(table, most=6)[::-1]):
        assert found.site is not None
        assert [sites[STEMS.index(Path(n).stem)] for n in found.names] == found.site.tolist()


def test_of_a_split_only_the_test_is_read(table: Path) -> None:
    split = ["train"] * 6 + ["test"] * 6
    assert len(read_cases(rewritten(table, split=split))) == 6
    assert "no row of split test" in refusal(rewritten(table, split="train"))


def test_classes_may_have_names(table: Path) -> None:
    names = [NAMES[label] for label in GIVEN["label"]]
    found = read_cases(rewritten(table, label=names), classes=NAMES)
    assert found.classes == NAMES
    np.testing.assert_array_equal(found.label, CASES.label)


def test_an_npz_has_the_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "cases.npz", **GIVEN)
    found = read_cases(tmp_path / "cases.npz")
    np.testing.assert_array_equal(found.images, CASES.images)
    np.testing.assert_array_equal(found.group, CASES.group)
    assert len(read_cases(tmp_path / "cases.npz", most=6)) == 6


def test_a_folder_has_masks_of_equal_names_and_classes_in_a_file(tmp_path: Path) -> None:
    rows = folder(tmp_path)
    labels = rows.assign(image=STEMS)
    labels.drop(columns="mask").to_csv(tmp_path / "labels.csv", index=False)
    same(tmp_path)
    assert read_cases(tmp_path).groups == CASES.groups


def test_classes_may_be_folders(tmp_path: Path) -> None:
    folder(tmp_path, lambda i: f"{GIVEN['label'][i]}/{i}.png")
    found = read_cases(tmp_path)
    assert found.classes == ("0", "1", "2")
    assert len(found) == COUNT


def test_what_nnunet_has_is_read_without_classes_or_with(tmp_path: Path) -> None:
    rows = folder(tmp_path, images="imagesTs", masks="labelsTs", channel="_0000")
    assert read_cases(tmp_path).classes == ()
    labels = rows.assign(image=STEMS)[["image", "label"]]
    labels.to_csv(tmp_path / "labels.csv", index=False)
    same(tmp_path)
    for i in range(COUNT):
        write(tmp_path / "imagesTs" / f"{i:02}_0001.png", GIVEN["images"][i] // 2)
    assert read_cases(tmp_path).images.shape == (COUNT, 24, 24, 2)


@pytest.mark.parametrize(
    ("ending", "kind", "factor"),
    [("png", np.uint8, 1), ("png", np.uint16, 200), ("tif", np.uint16, 200),
     ("tif", np.float32, 0.01), ("tif", np.int32, 100), ("bmp", np.uint8, 1)],
)  # fmt: skip
def test_pixels_are_read_as_they_are(
    ending: str, kind: type, factor: float, tmp_path: Path
) -> None:
    pixels = (factor * GIVEN["images"][0]).astype(kind)
    write(tmp_path / f"a.{ending}", pixels)
    found = read_picture(tmp_path / f"a.{ending}").pixels
    np.testing.assert_array_equal(found, pixels[None, ..., None])


def test_of_a_stack_the_slice_with_most_of_the_object_is_taken(tmp_path: Path) -> None:
    stack = np.stack([GIVEN["images"][0]] * 3 + [GIVEN["images"][1]])
    masks = np.zeros(stack.shape, np.uint8)
    masks[1, :2, :3] = 1
    masks[3, :4, :4] = 1
    for i in range(2):
        np.save(tmp_path / f"image{i}.npy", stack)
        np.save(tmp_path / f"mask{i}.npy", masks)
    rows = [(f"image{i}.npy", f"mask{i}.npy", i) for i in range(2)]
    pd.DataFrame(rows, columns=["image", "mask", "label"]).to_csv(tmp_path / "c.csv", index=False)
    found = read_cases(tmp_path / "c.csv")
    np.testing.assert_array_equal(found.images[0, ..., 0], GIVEN["images"][1])
    assert found.spread.area.tolist() == [16, 16]


def test_only_as_many_are_read_as_are_audited(table: Path) -> None:
    drawn = sample(CASES.label, CASES.group, 6)
    for row in set(range(COUNT)) - set(drawn.tolist()):
        (table.parent / "images" / f"{row:02}.png").write_text("no image")
    found = read_cases(table, most=6)
    assert found.names.tolist() == [f"images/{row:02}.png" for row in drawn]
    assert found.total == COUNT
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_cases(table)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"mask": None}, "cases: 'mask' of"),
        ({"patient": 1}, "cases: 'patient' of"),
        ({"group": ""}, "cases: group of"),
        ({"mask": ""}, "cases: mask of"),
        ({"image": "none.png"}, "none.png is not there"),
        ({"label": 0}, "label: 1 class is not allowed"),
    ],
)
def test_tables_that_do_not_hold_are_refused(
    columns: dict[str, Any], said: str, table: Path
) -> None:
    assert said in refusal(rewritten(table, **columns))


def test_images_that_cannot_be_compared_are_refused(table: Path) -> None:
    place = table.parent / "images" / "01.png"
    write(place, GIVEN["images"][1][:20])
    assert "images/01.png is 20 x 24" in refusal(table).replace(str(table.parent) + "/", "")
    write(table.parent / "masks" / "01.png", GIVEN["masks"][1][:20])
    assert "images of one size are allowed" in refusal(table)
    Image.fromarray(GIVEN["images"][1]).convert("P").save(place)
    assert "with a palette is not allowed" in refusal(table)
    Image.fromarray(GIVEN["images"][1]).convert("RGBA").save(place)
    assert "with mode RGBA is not allowed" in refusal(table)
    place.write_text("no image")
    assert "cannot be read" in refusal(table)


def test_folders_and_files_that_are_none_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "cases.npz").endswith("cases.npz is not there")
    (tmp_path / "cases.txt").touch()
    assert "a .csv, an .npz or a folder" in refusal(tmp_path / "cases.txt")
    assert "cases.csv is not there" in refusal(tmp_path / "cases.csv")
    assert "a folder with images/ and masks/" in refusal(tmp_path)
    (tmp_path / "masks").mkdir()
    (tmp_path / "images").mkdir()
    assert "holds no image" in refusal(tmp_path)
    folder(tmp_path)
    (tmp_path / "masks" / "03.png").unlink()
    assert "has no mask of 03" in refusal(tmp_path)
    np.savez(tmp_path / "a.npz", images=GIVEN["images"])
    assert "'masks' of " in refusal(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", **GIVEN, groups=GIVEN["group"])
    assert "'groups' of " in refusal(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", images=GIVEN["images"], masks=GIVEN["masks"][1:])
    assert "masks: 11 are not allowed: one for each of 12" in refusal(tmp_path / "b.npz")
    whole = (tmp_path / "b.npz").read_bytes()
    for content in (b"", b"nothing", whole[: len(whole) // 2]):
        (tmp_path / "c.npz").write_bytes(content)
        assert "c.npz cannot be read" in refusal(tmp_path / "c.npz")


def test_an_image_in_the_list_of_classes_has_to_be_there(tmp_path: Path) -> None:
    folder(tmp_path)
    pd.DataFrame({"image": ["99"], "label": [0]}).to_csv(tmp_path / "labels.csv", index=False)
    assert "image '99' of labels.csv is not in the folder" in refusal(tmp_path)
    pd.DataFrame({"image": ["03"] * 2, "label": [0, 1]}).to_csv(
        tmp_path / "labels.csv", index=False
    )
    assert "image '03' is in labels.csv more than once" in refusal(tmp_path)


def test_a_number_at_the_end_of_a_name_is_a_channel_for_nnunet_alone(tmp_path: Path) -> None:
    folder(tmp_path, "scan_{:04}.png".format)
    assert read_cases(tmp_path).images.shape == (COUNT, 24, 24, 1)
    write(tmp_path / "images" / "scan_0003.tif", GIVEN["images"][0])
    assert "scan_0003.tif is not allowed: one file of its name" in refusal(tmp_path)


def test_a_mask_of_several_colors_is_refused(table: Path) -> None:
    mask = GIVEN["masks"][3].astype(np.uint8) * 255
    write(table.parent / "masks" / "03.png", np.stack([mask] * 3, axis=-1))
    same(table)
    write(table.parent / "masks" / "03.png", np.stack([mask, mask, 0 * mask], axis=-1))
    assert "03.png with colors is not allowed" in refusal(table)


def test_of_volumes_no_more_is_kept_than_a_slice(tmp_path: Path) -> None:
    rows = []
    for i in range(8):
        np.save(tmp_path / f"{i}.npy", np.full((64, 128, 128), i, np.float32))  # 4 MB
        mask = np.zeros((64, 128, 128), bool)
        mask[i, :9, :9] = True
        np.save(tmp_path / f"mask{i}.npy", mask)
        rows.append((f"{i}.npy", f"mask{i}.npy", i % 2))
    pd.DataFrame(rows, columns=["image", "mask", "label"]).to_csv(tmp_path / "c.csv", index=False)
    tracemalloc.start()
    cases = read_cases(tmp_path / "c.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert cases.images.shape == (8, 128, 128, 1)
    assert peak < 8 * 4 * 2**20
