#!/usr/bin/python3
"""Writes src/aws/places.txt: where DNS clients and AWS's regions are.

    tools/make_places.py > src/aws/places.txt

Sources: names of countries from Debian's iso-codes, but where Route 53 says another name, which is
said below (ListGeoLocations, public output of 2024); a country's coordinates are those of its zone in
tzdata's zone.tab (public domain), its capital's where it has several; a region's those of the town that
AWS names it after; prefixes are those reserved for documentation and benchmarks (RFC 2544, RFC 3849,
RFC 5737), dealt out one a place, and IANA's IPv4 registry, by who gives the addresses out.
"""
import json
import re

NAMES = {
    "AX": "Åland", "BN": "Brunei", "BQ": "Bonaire", "CC": "Cocos [Keeling] Islands", "CD": "Congo",
    "CG": "Republic of the Congo", "CI": "Ivory Coast", "CV": "Cape Verde", "CZ": "Czech Republic",
    "FK": "Falkland Islands", "FM": "Federated States of Micronesia", "IR": "Iran",
    "JO": "Hashemite Kingdom of Jordan", "KP": "North Korea", "KR": "Republic of Korea", "LA": "Laos",
    "MD": "Republic of Moldova", "MF": "Saint Martin", "MK": "Macedonia", "MM": "Myanmar [Burma]",
    "MO": "Macao", "PN": "Pitcairn Islands", "PS": "Palestine", "RU": "Russia", "SH": "Saint Helena",
    "ST": "São Tomé and Príncipe", "SX": "Sint Maarten", "SY": "Syria", "SZ": "Swaziland",
    "TL": "East Timor", "TR": "Turkey", "TW": "Taiwan", "TZ": "Tanzania",
    "UM": "U.S. Minor Outlying Islands", "VA": "Vatican City", "VG": "British Virgin Islands",
    "VI": "U.S. Virgin Islands", "VN": "Vietnam", "XK": "Kosovo", "BO": "Bolivia", "VE": "Venezuela"}
NOT_LISTED = {"BV", "CX", "EH", "HM"}  # Route 53 has no such location.

CONTINENTS = {  # name, a point that stands for it, its countries
    "AF": ("Africa", -26.2, 28.0, """AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG ER ET GA GH GM GN GQ GW KE
        KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM
        ZW"""),
    "AN": ("Antarctica", -77.8, 166.7, "AQ GS TF"),
    "AS": ("Asia", 22.3, 114.2, """AE AF AM AZ BD BH BN BT CC CN GE HK ID IL IN IO IQ IR JO JP KG KH KP KR
        KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TM TR TW UZ VN YE"""),
    "EU": ("Europe", 50.1, 8.7, """AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU
        IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK"""),
    "NA": ("North America", 39.1, -94.6, """AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT
        JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC TT US VC VG VI"""),
    "OC": ("Oceania", -33.9, 151.2, """AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV
        UM VU WF WS"""),
    "SA": ("South America", -23.5, -46.6, "AR BO BR CL CO EC FK GF GY PE PY SR UY VE")}

CAPITALS = {  # zones of countries that have several, where the first is not it
    "AQ": "Antarctica/McMurdo", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago",
    "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei", "GL": "America/Nuuk", "ID": "Asia/Jakarta", "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur",
    "PF": "Pacific/Tahiti", "PG": "Pacific/Port_Moresby", "PT": "Europe/Lisbon", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "UM": "Pacific/Wake", "US": "America/New_York", "UZ": "Asia/Tashkent"}
ELSEWHERE = {"XK": (42.7, 21.2)}

# The capital of each, to a tenth of a degree.
STATES = {"US": """AK Alaska|58.3,-134.4 AL Alabama|32.4,-86.3 AR Arkansas|34.7,-92.3 AZ Arizona|33.4,-112.1
    CA California|38.6,-121.5 CO Colorado|39.7,-105.0 CT Connecticut|41.8,-72.7
    DC District_of_Columbia|38.9,-77.0 DE Delaware|39.2,-75.5 FL Florida|30.4,-84.3 GA Georgia|33.7,-84.4
    HI Hawaii|21.3,-157.9 IA Iowa|41.6,-93.6 ID Idaho|43.6,-116.2 IL Illinois|39.8,-89.7
    IN Indiana|39.8,-86.2 KS Kansas|39.0,-95.7 KY Kentucky|38.2,-84.9 LA Louisiana|30.5,-91.2
    MA Massachusetts|42.4,-71.1 MD Maryland|39.0,-76.5 ME Maine|44.3,-69.8 MI Michigan|42.7,-84.6
    MN Minnesota|45.0,-93.1 MO Missouri|38.6,-92.2 MS Mississippi|32.3,-90.2 MT Montana|46.6,-112.0
    NC North_Carolina|35.8,-78.6 ND North_Dakota|46.8,-100.8 NE Nebraska|40.8,-96.7
    NH New_Hampshire|43.2,-71.5 NJ New_Jersey|40.2,-74.8 NM New_Mexico|35.7,-105.9 NV Nevada|39.2,-119.8
    NY New_York|42.7,-73.8 OH Ohio|40.0,-83.0 OK Oklahoma|35.5,-97.5 OR Oregon|44.9,-123.0
    PA Pennsylvania|40.3,-76.9 RI Rhode_Island|41.8,-71.4 SC South_Carolina|34.0,-81.0
    SD South_Dakota|44.4,-100.3 TN Tennessee|36.2,-86.8 TX Texas|30.3,-97.7 UT Utah|40.8,-111.9
    VA Virginia|37.5,-77.4 VT Vermont|44.3,-72.6 WA Washington|47.0,-122.9 WI Wisconsin|43.1,-89.4
    WV West_Virginia|38.3,-81.6 WY Wyoming|41.1,-104.8""", "UA": """05 Vinnytska_oblast|49.2,28.5
    07 Volynska_oblast|50.7,25.3 09 Luhanska_oblast|48.6,39.3 11 Crimea|44.9,34.1
    12 Dnipropetrovska_oblast|48.5,35.0 14 Donetska_oblast|48.0,37.8 18 Zhytomyrska_oblast|50.3,28.7
    20 Sevastopol|44.6,33.5 21 Zakarpatska_oblast|48.6,22.3 23 Zaporizka_oblast|47.8,35.1
    26 Ivano-Frankivska_oblast|48.9,24.7 30 Kyiv|50.5,30.5 32 Kyivska_oblast|50.5,30.5
    35 Kirovohradska_oblast|48.5,32.3 46 Lvivska_oblast|49.8,24.0 48 Mykolaivska_oblast|47.0,32.0
    51 Odeska_oblast|46.5,30.7 53 Poltavska_oblast|49.6,34.6 56 Rivnenska_oblast|50.6,26.3
    59 Sumska_oblast|50.9,34.8 61 Ternopilska_oblast|49.6,25.6 63 Kharkivska_oblast|50.0,36.2
    65 Khersonska_oblast|46.6,32.6 68 Khmelnytska_oblast|49.4,27.0 71 Cherkaska_oblast|49.4,32.1
    74 Chernihivska_oblast|51.5,31.3 77 Chernivetska_oblast|48.3,25.9"""}

# The town or area that AWS names the region after.
REGIONS = """us-east-1 38.9 -77.5 US VA|us-east-2 40.0 -83.0 US OH|us-west-1 37.4 -122.0 US CA|
us-west-2 45.8 -119.7 US OR|ca-central-1 45.5 -73.6 CA|ca-west-1 51.0 -114.1 CA|mx-central-1 20.6 -100.4 MX|
sa-east-1 -23.5 -46.6 BR|eu-west-1 53.3 -6.3 IE|eu-west-2 51.5 -0.1 GB|eu-west-3 48.9 2.4 FR|
eu-central-1 50.1 8.7 DE|eu-central-2 47.4 8.5 CH|eu-north-1 59.3 18.1 SE|eu-south-1 45.5 9.2 IT|
eu-south-2 41.6 -0.9 ES|eusc-de-east-1 52.4 13.1 DE|me-south-1 26.1 50.6 BH|me-central-1 24.5 54.4 AE|
il-central-1 32.1 34.8 IL|af-south-1 -33.9 18.4 ZA|ap-south-1 19.1 72.9 IN|ap-south-2 17.4 78.5 IN|
ap-east-1 22.3 114.2 HK|ap-east-2 25.0 121.6 TW|ap-southeast-1 1.4 103.8 SG|ap-southeast-2 -33.9 151.2 AU|
ap-southeast-3 -6.2 106.8 ID|ap-southeast-4 -37.8 145.0 AU|ap-southeast-5 3.1 101.7 MY|
ap-southeast-6 -36.8 174.8 NZ|ap-southeast-7 13.8 100.5 TH|ap-northeast-1 35.7 139.7 JP|
ap-northeast-2 37.6 127.0 KR|ap-northeast-3 34.7 135.5 JP|cn-north-1 39.9 116.4 CN|
cn-northwest-1 37.5 105.2 CN|us-gov-east-1 40.0 -83.0 US OH|us-gov-west-1 45.8 -119.7 US OR"""

# First bytes of IPv4 addresses, by the registry that IANA names for them (whois server).
REGISTRIES = {
    "NA": "3-4 6-9 11-13 15-24 26 28-30 32-35 38 40 44-45 47-48 50 52 54-56 63-76 96-100 104 107-108 "
          "128-132 134-140 142-144 146-149 152 155-162 164-170 172-174 184 192 198-199 204-209 214-216",
    "EU": "2 5 25 31 37 46 51 53 57 62 77-95 109 141 145 151 176 178 185 188 193-195 212-213 217",
    "AS": "1 14 27 36 39 42-43 49 58-61 101 103 106 110-126 133 150 153 163 171 175 180 182-183 202-203 "
          "210-211 218-223",
    "AF": "41 102 105 154 196-197",
    "SA": "177 179 181 186-187 189-191 200-201"}
NOBODYS = ["100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16"]

HEAD = """# Where DNS clients and AWS's regions are: what latency and geolocation records are answered by.
#
# This is not AWS's data, which nobody outside knows, and makes no claim to be. tools/make_places.py wrote
# it, and says where each part comes from; edit either. Latencies are computed: the way along the great
# circle, there and back, in fibre (200 km a millisecond), half as long again because cables do not run
# straight, and 2 ms. docs/dns.md says what the words mean and how a file of one's own is read after this one.
"""


def degrees(text):
    """ISO 6709: +5231+01322, seconds optional."""
    found = re.fullmatch(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?", text).groups()
    parts = [int(part or 0) for part in found if part not in ("+", "-")]
    signs = [-1 if part == "-" else 1 for part in found if part in ("+", "-")]
    return [round(sign * (whole + minute / 60 + second / 3600), 1)
            for sign, (whole, minute, second) in zip(signs, (parts[:3], parts[3:]))]


def countries():
    iso = {one["alpha_2"]: one.get("common_name", one["name"])
           for one in json.load(open("/usr/share/iso-codes/json/iso_3166-1.json"))["3166-1"]}
    names = {**iso, **NAMES}
    places = {}
    for line in open("/usr/share/zoneinfo/zone.tab"):
        if line.startswith("#"):
            continue
        code, where, zone = line.split("\t")[:3]
        if code not in places or CAPITALS.get(code) == zone.strip():
            places[code] = degrees(where)
    places = {**places, **ELSEWHERE}
    of = {code: key for key, (_, _, _, codes) in CONTINENTS.items() for code in codes.split()}
    codes = sorted(set(names) - NOT_LISTED)
    assert sorted(of) == codes, set(of) ^ set(codes)
    return [(code, of[code], *places[code], names[code]) for code in codes]


def states(country):
    found = re.findall(r"(\w\w) ([\w-]+)\|(-?[\d.]+),(-?[\d.]+)", STATES.get(country, ""))
    return [(code, float(latitude), float(longitude), name.replace("_", " "))
            for code, name, latitude, longitude in found]


def first_bytes(text):
    for part in text.split():
        low, _, high = part.partition("-")
        yield from range(int(low), int(high or low) + 1)


def main():
    print(HEAD)
    listed, small = countries(), []
    for code, continent, latitude, longitude, name in listed:
        print("country", code, continent, latitude, longitude, name)
        for state, north, east, state_name in states(code):
            print("subdivision", code, state, north, east, state_name)
            small.append(f"subdivision {code} {state}")
    for code, (name, latitude, longitude, _) in sorted(CONTINENTS.items()):
        print("continent", code, latitude, longitude, name)
    print("\n# The towns that regions are named after.")
    regions = [line.strip() for line in REGIONS.replace("\n", "").split("|")]
    for region in regions:
        print("region", region)
    print("\n# Latency records go by this place for clients of whom nothing is known; geolocation records\n"
          "# have their default for them.")
    print("default region us-east-1")
    print("\n# IANA's IPv4 registry: who gave the address out says no more than a continent.")
    for continent, text in REGISTRIES.items():
        for byte in first_bytes(text):
            print(f"prefix {byte}.0.0.0/8 continent {continent}")
    for prefix in NOBODYS:
        print("prefix", prefix, "nowhere")
    print("\n# Prefixes that belong to nobody: each place has one of IPv4 and one of IPv6, to ask from.")
    for prefix, place in (("192.0.2.0/24", "country US"), ("198.51.100.0/24", "country DE"),
                          ("203.0.113.0/24", "country JP")):
        print("prefix", prefix, place)
    for number, one in enumerate(listed):
        print(f"prefix 198.18.{number}.0/24 country {one[0]}")
        print(f"prefix 2001:db8:{number:x}::/48 country {one[0]}")
    places = small + ["region " + region.split()[0] for region in regions]
    for number, place in enumerate(places):
        print(f"prefix 198.19.{number}.0/24 {place}")
        print(f"prefix 2001:db8:{256 + number:x}::/48 {place}")


main()
