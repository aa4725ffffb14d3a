from lfv_eval.comparing.pairing import match_images


def uris(matched):
    return [(before.uri, now.uri) for before, now in matched.pairs]


def test_images_are_matched_by_reference_in_the_candidates_order(outcome):
    baseline = [outcome("s3://b/1.png"), outcome("s3://b/2.png"), outcome("s3://b/3.png")]
    candidate = [outcome("s3://b/3.png"), outcome("s3://b/9.png"), outcome("s3://b/1.png")]
    matched = match_images(baseline, candidate)
    assert uris(matched) == [("s3://b/3.png", "s3://b/3.png"), ("s3://b/1.png", "s3://b/1.png")]
    assert (matched.matched_by, matched.n_baseline, matched.n_candidate) == ("source-ref", 3, 3)


def test_rows_that_do_not_enter_the_numbers_are_passed_over(outcome):
    matched = match_images([outcome("s3://b/1.png", truth=None), outcome("s3://b/2.png")], [outcome("s3://b/1.png")])
    assert (matched.pairs, matched.n_baseline) == ((), 1)


def test_a_data_set_copied_as_a_whole_is_matched_by_path(outcome):
    names = [f"{folder}/{i}.png" for folder in ("normal", "anomaly") for i in range(4)]  # file names are not unique
    matched = match_images(
        [outcome(f"s3://old/line-1/{name}") for name in names], [outcome(f"s3://new/{name}") for name in names]
    )
    assert matched.matched_by == "path"
    assert uris(matched) == [(f"s3://old/line-1/{name}", f"s3://new/{name}") for name in names]


def test_equal_names_in_different_folders_are_no_copy(outcome):
    baseline = [outcome("s3://old/a/1.png"), outcome("s3://old/b/2.png"), outcome("s3://old/a/3.png")]
    candidate = [outcome("s3://new/a/1.png"), outcome("s3://new/a/2.png"), outcome("s3://new/b/3.png")]
    assert match_images(baseline, candidate).matched_by is None


def test_a_few_equal_names_are_an_accident(outcome):
    baseline = [outcome(f"s3://old/{i}.png") for i in range(10)]
    candidate = [outcome(f"s3://new/{i}.png") for i in range(6, 16)]
    assert match_images(baseline, candidate).pairs == ()
    assert len(match_images(baseline, [outcome(f"s3://new/{i}.png") for i in range(5, 15)]).pairs) == 5


def test_one_equal_reference_rules_out_a_copy(outcome):
    baseline = [outcome("s3://old/1.png"), outcome("s3://old/2.png")]
    candidate = [outcome("s3://new/1.png"), outcome("s3://old/2.png")]
    assert uris(match_images(baseline, candidate)) == [("s3://old/2.png", "s3://old/2.png")]


def test_nothing_to_match(outcome):
    assert match_images([], [outcome("s3://b/1.png")]).matched_by is None
    assert match_images([], []).pairs == ()
    assert match_images([outcome("")], [outcome("x")]).pairs == ()
    assert match_images([outcome("a/b"), outcome("c/b")], [outcome("b")]).pairs == ()
