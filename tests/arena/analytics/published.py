"""Published and independently computed values, with their sources.

BASEBALL: Agresti, Categorical Data Analysis, 2nd ed. (2002), Table 10.11: American League 1987, as (home,
away, home wins, away wins). Estimates and standard errors: R 4.2.2, BradleyTerry2 1.1-2, against Baltimore.

PUDDING: Davidson, JASA 65 (1970) 317-328, Example 2, as (i, j, wins_i, ties, wins_j). Worths to three digits
as in the vignette of R's PlackettLuce; further digits by an independent Newton iteration.

CEMS: Dittrich, Hatzinger & Katzenbeisser, Applied Statistics 47 (1998) 511-525: preferences of 303 students
for six schools, as (first, second, wins_first, ties, wins_second). Estimates: R psychotools 0.7-2
`btmodel(undecided=TRUE)` and `glm`, against Stockholm.

SIMPLE: sixteen votes with many ties, from the tests of evalica (Apache-2.0), with its golden values.

UNDEFEATED: constructed; R brglm through `BradleyTerry2::BTm(br=TRUE)`.
"""

_TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
# Rows: home team; columns: away team; cells: home wins and away wins.
_GAMES = {
    "Milwaukee": [None, (4, 3), (4, 2), (4, 3), (6, 1), (4, 2), (6, 0)],
    "Detroit": [(3, 3), None, (4, 2), (4, 3), (6, 0), (6, 1), (4, 3)],
    "Toronto": [(2, 5), (4, 3), None, (2, 4), (4, 3), (4, 2), (6, 0)],
    "New York": [(3, 3), (5, 1), (2, 5), None, (4, 3), (4, 2), (6, 1)],
    "Boston": [(5, 1), (2, 5), (3, 3), (4, 2), None, (5, 2), (6, 0)],
    "Cleveland": [(2, 5), (3, 3), (3, 4), (4, 3), (4, 2), None, (2, 4)],
    "Baltimore": [(2, 5), (1, 5), (1, 6), (2, 4), (1, 6), (3, 4), None],
}
BASEBALL = [
    (home, away, cell[0], 0, cell[1])
    for home, cells in _GAMES.items()
    for away, cell in zip(_TEAMS, cells, strict=True)
    if cell is not None
]
BASEBALL_ABILITY = {
    "Boston": 1.107697705372,
    "Cleveland": 0.683852769153,
    "Detroit": 1.436408431806,
    "Milwaukee": 1.581355876655,
    "New York": 1.247617845135,
    "Toronto": 1.294485123905,
}
BASEBALL_PUBLISHED = {
    "Cleveland": 0.68,
    "Boston": 1.11,
    "New York": 1.25,
    "Toronto": 1.29,
    "Detroit": 1.44,
    "Milwaukee": 1.58,
}
BASEBALL_SE = {
    "Boston": 0.333877908162,
    "Cleveland": 0.331876399144,
    "Detroit": 0.339568187482,
    "Milwaukee": 0.343255664026,
    "New York": 0.335860615785,
    "Toronto": 0.336669092693,
}
BASEBALL_WITH_HOME = {
    "Boston": 1.143802653297,
    "Cleveland": 0.7046944569,
    "Detroit": 1.475357213586,
    "Milwaukee": 1.619554993578,
    "New York": 1.281340403276,
    "Toronto": 1.327110398072,
}
BASEBALL_HOME, BASEBALL_HOME_SE = 0.302260655528, 0.130943642532
BASEBALL_HOME_3DP = 0.302
# Quasi standard errors: R qvcalc.
BASEBALL_QUASI_SE = {
    "Baltimore": 0.256022634662211,
    "Boston": 0.215559640795868,
    "Cleveland": 0.221375051676149,
    "Detroit": 0.219497708188083,
    "Milwaukee": 0.223616548744363,
    "New York": 0.21632345482156,
    "Toronto": 0.216881127059792,
}
BASEBALL_WORTH_3DP = [0.044, 0.088, 0.137, 0.157, 0.164, 0.19, 0.22]
BASEBALL_DEVIANCES = (44.0534612286, 38.642852144)
BASEBALL_FIRTH = {
    "Boston": 1.08037848160507,
    "Cleveland": 0.666262945931926,
    "Detroit": 1.40157574310333,
    "Milwaukee": 1.54312235395649,
    "New York": 1.21711947799864,
    "Toronto": 1.26291752849514,
}

PUDDING = [
    ("1", "2", 19, 16, 22),
    ("1", "3", 16, 12, 19),
    ("2", "3", 19, 10, 19),
    ("1", "4", 18, 13, 23),
    ("2", "4", 23, 9, 19),
    ("3", "4", 19, 15, 20),
    ("1", "5", 13, 18, 19),
    ("2", "5", 16, 12, 20),
    ("3", "5", 16, 17, 15),
    ("4", "5", 17, 16, 14),
    ("1", "6", 18, 12, 21),
    ("2", "6", 22, 12, 20),
    ("3", "6", 13, 10, 18),
    ("4", "6", 14, 18, 19),
    ("5", "6", 11, 12, 21),
]
PUDDING_WORTH_3DP, PUDDING_NU_3DP = [0.139, 0.173, 0.162, 0.165, 0.159, 0.202], 0.747
PUDDING_WORTH = [
    0.1388033751806882,
    0.17300149998299458,
    0.1617474340367873,
    0.16537295776291402,
    0.15868539457471847,
    0.2023893384618973,
]
PUDDING_NU = 0.7468229876542897

CEMS = [
    ("London", "Paris", 186, 26, 91),
    ("London", "Milano", 221, 26, 56),
    ("London", "St.Gallen", 208, 22, 73),
    ("Paris", "St.Gallen", 165, 19, 119),
    ("Milano", "St.Gallen", 135, 28, 140),
    ("Barcelona", "London", 67, 19, 217),
    ("Barcelona", "Paris", 109, 37, 157),
    ("Barcelona", "Milano", 132, 67, 104),
    ("Barcelona", "St.Gallen", 134, 25, 144),
    ("London", "Stockholm", 250, 19, 34),
    ("Paris", "Stockholm", 203, 30, 70),
    ("Milano", "Stockholm", 157, 46, 100),
    ("St.Gallen", "Stockholm", 155, 50, 98),
    ("Barcelona", "Stockholm", 172, 41, 90),
    ("Milano", "Paris", 59, 32, 121),
]
# Log worths from the reference value: psychotools prints half the difference in logits of this model.
CEMS_LOG_WORTH = {
    "London": 1.82280197667427,
    "Paris": 1.03253385974327,
    "Milano": 0.441972156876411,
    "St.Gallen": 0.598322088106624,
    "Barcelona": 0.612932464151089,
}
CEMS_LOG_NU = -1.31717972698812
CEMS_SE_MODEL = {
    "London": 0.0831448891533201,
    "Paris": 0.0775710538170707,
    "Milano": 0.0760189285115483,
    "St.Gallen": 0.0751484922798983,
    "Barcelona": 0.0751676341863055,
}
CEMS_LOG_NU_SE = 0.048508276671288
CEMS_LOG_LIKELIHOOD = -3964.37811954481
CEMS_WORTH = {
    "London": 0.40670045230792,
    "Paris": 0.184529401428943,
    "Milano": 0.102232241773827,
    "St.Gallen": 0.119533544188338,
    "Barcelona": 0.121292794579268,
    "Stockholm": 0.0657115657217038,
}
CEMS_HALF_WIN = {
    "Barcelona": 0.537905597313511,
    "London": 1.59747965403032,
    "Milano": 0.387767142413037,
    "Paris": 0.906445266934888,
    "St.Gallen": 0.525066644283611,
}
CEMS_HALF_WIN_SE = {
    "Barcelona": 0.070275651801805,
    "London": 0.0767815351753879,
    "Milano": 0.0711262470015917,
    "Paris": 0.0723130299678805,
    "St.Gallen": 0.070262794018221,
}
CEMS_HALF_WIN_SE_VOTE_SANDWICH = {
    "Barcelona": 0.0648658786428547,
    "London": 0.0711212650486871,
    "Milano": 0.0653257830917949,
    "Paris": 0.0672569846846009,
    "St.Gallen": 0.0657232860217179,
}

SIMPLE = [
    ("0", "1", "tie"),
    ("0", "2", "right"),
    ("0", "2", "tie"),
    ("0", "4", "tie"),
    ("1", "0", "left"),
    ("1", "2", "tie"),
    ("1", "2", "tie"),
    ("1", "3", "tie"),
    ("2", "4", "tie"),
    ("3", "0", "left"),
    ("3", "1", "left"),
    ("3", "2", "left"),
    ("3", "4", "tie"),
    ("3", "4", "tie"),
    ("4", "0", "left"),
    ("4", "3", "left"),
]
SIMPLE_HALF_WIN = [
    -1.1442781174105396,
    -0.19582104718867316,
    -0.1917501495270447,
    0.7475845248851133,
    0.7842647892411443,
]
SIMPLE_GOLDEN_WORTH = [
    0.050799672530389396,
    0.1311506914535368,
    0.13168568070110523,
    0.33688868041573855,
    0.34947527489923,
]
SIMPLE_DAVIDSON = [
    -3.9457175927739305,
    -0.6603351744610927,
    -0.6578831404901457,
    2.623029944214799,
    2.6409059635103698,
]
SIMPLE_DAVIDSON_NU = 6.921998228322274
# Newman's (2023) iteration for the same model, as far as the package lets it run.
SIMPLE_GOLDEN_NEWMAN = [
    0.017973592758248474,
    0.4802400245305803,
    0.4814190342801864,
    12.805770244756038,
    13.03674474236858,
]
SIMPLE_ELO = [992.1030823399375, 999.9771705955386, 999.9773072285024, 1003.8861974411536, 1004.0562423948679]

UNDEFEATED = [("A", "B", 5, 0, 0), ("A", "C", 5, 0, 0), ("B", "C", 3, 0, 2)]
UNDEFEATED_FIRTH = {"B": (-2.81458768993317, 1.51349260980644), "C": (-3.14782265262769, 1.55016047870665)}
UNDEFEATED_B_MINUS_C = 0.4054651081081644
