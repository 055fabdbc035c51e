"""What a person reads in each of the texts: short facts; a heading by the beginning of the SHA-256 of its words."""

from __future__ import annotations

from tests.bench.intake import Facts

FACTS: dict[str, Facts] = {
    "18f_notalone_sla.md": Facts(
        "319da774 84281b25 5f161c91 b6b3d3dc b16f5be0 bb0d0208 83b5293b d0828a8a dd291cd6 36902b87 aae62b5f 923fcfee 2dbab7a4 6bd3ec42 a30aba82 91a62039 35c2af08 5730b4ed b40a88d6",
        parties=2,
    ),
    "cjis_D1_user_agreement.md": Facts(
        "6b86b273 d4735e3a 4e074085 4b227777 ef2d127d e7f6c011 7902699b 2c624232 19581e27 4a44dc15 4fc82b26 e21dcf13 6b86b273 d4735e3a 4e074085 4b227777 ef2d127d e7f6c011 7902699b 6b86b273 d4735e3a 4e074085 4b227777 ef2d127d e7f6c011 7902699b 2c624232 19581e27 4a44dc15 427755e6 6b86b273 d4735e3a 4e074085 4b227777 6b86b273 d4735e3a 4e074085 4b227777 ef2d127d 37e4d69b 2514e147 bf632b0c 6b86b273 d4735e3a 4e074085 ca978112 3e23e816 2e7d2c03 176fb155 61e84e6e e21dcf13 427755e6 b434ecfd",
        first="sig",
        last="open",
        notice=30,
    ),
    "cjis_D2_management_control_agreement.md": Facts("6b86b273 d4735e3a 4e074085 4b227777 ef2d127d"),
    "cjis_D3_ncja_mou_wan.md": Facts(
        "81b06df4 89b91df1 8f76fd50 5f161c91 ca978112 3e23e816 2514e147 82d86d73 5d2d3ceb 5607032f ca978112 3e23e816 2e7d2c03 7ec1e5d4",
        parties=1,
        first="sig",
        last="open",
        notice=30,
    ),
    "cjis_D4_interagency_connection_agreement.md": Facts(
        "6b86b273 d4735e3a 4e074085 4b227777 ef2d127d e7f6c011 7902699b 176fb155 b434ecfd"
    ),
    "cjis_H_security_addendum.md": Facts(
        "fdb42e98 e96de31a 6b86b273 02f086eb d9f5a7ca 5081dffd e5c20648 47271c05 e09e9c03 7d00c932 32983eab 11d49f70 cea9ce43 9b47f5af ca978112 3e23e816 b81f37a0 8a739e23 cdf726f9 d84063ff 537fdaa0 a2e28530 02a01d45 86bc3529 b00a6c10"
    ),
    "codi_example_data_sharing_mou_20250422.docx": Facts(
        "04951142 258bc275 92097167 2e02fd39 bf632b0c 009d2a8f 10e801c7 1ab66dcb 8bb7b4eb b29b7fbb 3031be29 cf0ec268 d27a4a10 2f3118ac 263600d0 72c1683f e37ef2a3",
        parties=2,
        notice=28,
    ),
    "focs_sjusd_title1_nps_consortium_mou_2022.txt": Facts(
        "abfd8dfa 02f086eb 97dd6e48 efe77b20 c7abba9c b912a1e1 e96f563c",
        parties=7,
        first="2022-07-01",
        last="2025-06-30",
        notice=30,
    ),
    "focs_sjusd_title1_nps_consortium_mou_2025.txt": Facts(
        "abfd8dfa 02f086eb 97dd6e48 efe77b20 c7abba9c b912a1e1 e96f563c",
        parties=7,
        first="2025-07-01",
        last="2028-06-30",
        notice=30,
    ),
    "focs_smfd_amador_hazmat_mou_2025.txt": Facts(
        "96f3df7f 8ac817b1 07370f82 599f7703 9368a7d2 d457d71a 7d876850 8bb7b4eb b617d952 6b86b273 d4735e3a 4e074085 4b227777 ef2d127d e7f6c011 7902699b ca978112 3e23e816 2e7d2c03 18ac3e73 3f79bb7b 252f10c8 cd0aa985 aaa94026 de7d1b72 189f4003 8254c329 ca978112 3e23e816 2e7d2c03 18ac3e73 3f79bb7b 252f10c8 2a22f147",
        parties=2,
        first="sig",
        last="2026-06-30",
        notice=30,
        renewal="mutual_written",
    ),
    "govready_interconnection_mou_template.md": Facts(
        "88656288 d3db5338 8f76fd50 89b91df1 19ec6af8 77744d3e 5d2d3ceb 231b0133 94d192b3 a432e375"
    ),
    "uk_mhclg_core_dsa.md": Facts(
        "89b91df1 5b909376 a81b2f9a f194b73a bab70e64 55f45270 d01d0d5e 4146d86e fa6dfedf 205e5eee 2b866ccc 8bd6e7d4 e3019925 9a6c0ee8 bf632b0c cbfc3b42 020a7c91 f71998fe 63b51e9a d6951818 68bc23b5 e57acc10 04412575 7bd7df1a dcc1e3cc 290a8619 c64b40bd 4066fe65 73c6486e c33a915b 3fc65524 194fccc2 e99e144b 3918302e 55a6ea88 b1766f06 23774b2b cf5b436a 7b1479a3 05344da0 6a310c46 e5d500d0 803afb77 b8639833 1bfc2634 fa257c83 3bb648c7 313755c0 966211e0 78a761f8 e04737ba 71739343 d73bf6a7 a6dfbeef 3beb4fa2 afaac632 da3156d8 7cc40373 595237ab a4b5d26a 129faa8d",
        parties=1,
        first="sig",
        last="open",
        notice=30,
    ),
    "umkc_DSA.md": Facts(
        "6b86b273 d4735e3a 4e074085 4b227777 ef2d127d e7f6c011 7902699b 2c624232 19581e27 4a44dc15 4fc82b26 6b51d431 3fdba35f 8527a891 e629fa65 b17ef6d1 4523540f 4ec9599f 9400f1b2 f5ca38f7 6f4b6612 785f3ec7 535fa30d c2356069 b7a56873 5f9c4ab0",
        last=24,
        notice=1,
        renewal="mutual_written",
    ),
    "umkc_DSAPlusFERPA_HIPPA.md": Facts(
        "ca978112 3e23e816 2e7d2c03 18ac3e73 3f79bb7b 252f10c8 cd0aa985 aaa94026 de7d1b72 189f4003 6b86b273 d4735e3a 4e074085 4b227777 ef2d127d e7f6c011 7902699b 2c624232 19581e27 4a44dc15 4fc82b26 6b51d431 3fdba35f 8527a891 e629fa65 b17ef6d1 4523540f 4ec9599f 9400f1b2 f5ca38f7 6f4b6612 785f3ec7 535fa30d c2356069 b7a56873 5f9c4ab0 670671cd 59e19706 35135aaa 624b60c5",
        last=24,
        notice=1,
        renewal="mutual_written",
    ),
    "umkc_DataUseAgreement2007Dec.txt": Facts(
        "02f086eb ca978112 3e23e816 2e7d2c03 18ac3e73 66f03280 36620157 b178f7c2 4cf1af06 e675f990 bb5ece20 32ef7cad 637d7bec 79a798bb 95fff51e 599f7703 e5058cc5 bf632b0c 58d70d8c 8dfe5b87 8bb7b4eb 8938acdc 263600d0 8c0b602c e8c6324c 0178c081",
        parties=1,
        last="open",
        notice=10,
    ),
    "umkc_TulaneDataSharingAgreement.md": Facts(
        "48365c9e 3f88fec9 f1fd663d 8d7e1646 41f68bba f9a1782f 86de819e 39d80456 a94cc6fc 0fdec5ae 3de152d3 d800eb5d 02bca650 1a66da63 771ed0b7 1f23d2ec 730c4a16 8bb7b4eb a2190d2f 32b84f02 f876cf94",
        parties=1,
    ),
    "umkc_initial_draft_dsa.pdf": Facts(
        "02f086eb ca978112 3e23e816 2e7d2c03 18ac3e73 1e7eb114 ca978112 de7d1b72 5d7f4944 3e23e816 2e7d2c03 54a94350 3ee591fc de7d1b72 5d7f4944 f5557d4f 260e77ab 04d43a4a a8a6152e 075e1e04 8d7e1646 a2d5f160 3fef7ff0 86de819e 39d80456 a94cc6fc 0fdec5ae c64a74ea 9dad9ad1 599f7703 bf632b0c 9143cf28 b4af39d5 ca978112 3e23e816 9ba5d957 ca978112 3e23e816 2e7d2c03 afd8bc4c 228de1ff ca978112 3e23e816 2e7d2c03 8bb7b4eb bd21059c 574deb43 c952c8c0 b29b7fbb 8c0b602c",
        parties=2,
        first="sig",
        notice=30,
    ),
}
