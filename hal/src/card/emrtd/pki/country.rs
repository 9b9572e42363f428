//! Which state a two-letter code in a certificate and a three-letter code in a machine-readable
//! zone mean (ISO 3166-1; ICAO 9303-3, 5): an authority signs for its own state only.

/// ISO 3166-1, alpha-2 and alpha-3 of each state together.
const STATES: &str = "\
    ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW \
    AXALA AZAZE BABIH BBBRB BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN \
    BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG \
    CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR CYCYP CZCZE \
    DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN \
    FJFJI FKFLK FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL \
    GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV \
    HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN ISISL ITITA JEJEY JMJAM \
    JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO \
    LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE \
    MFMAF MGMDG MHMHL MKMKD MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS \
    MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER NFNFK NGNGA NINIC NLNLD NONOR NPNPL \
    NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM PNPCN PRPRI \
    PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN \
    SESWE SGSGP SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV \
    SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON \
    TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY UZUZB VAVAT VCVCT VEVEN \
    VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE";

/// Codes of machine-readable zones that are not in ISO 3166-1, or whose documents another code's
/// authority signs (ICAO 9303-3, 5, parts B to D): zone, certificate.
const OTHERS: [(&str, &str); 17] = [
    ("D", "DE"),
    ("GBD", "GB"),
    ("GBN", "GB"),
    ("GBO", "GB"),
    ("GBP", "GB"),
    ("GBS", "GB"),
    ("CHN", "HK"),
    ("CHN", "MO"),
    ("EUE", "EU"),
    ("UNO", "UN"),
    ("UNA", "UN"),
    ("UNK", "UN"),
    ("RKS", "KS"),
    ("RKS", "XK"),
    ("XOM", "XO"),
    ("XPO", "XP"),
    ("UTO", "UT"), // Utopia, the state of specimens
];

/// Whether an authority with this country code may sign documents of the state with this code
/// in the machine-readable zone. An unknown code is nobody's.
#[must_use]
pub fn may_sign(authority: &str, zone: &str) -> bool {
    let mut states = STATES.split_ascii_whitespace();
    states.any(|state| state.split_at(2) == (authority, zone))
        || OTHERS.contains(&(zone, authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_signs_for_its_own_state_only() {
        assert!(may_sign("CN", "CHN") && may_sign("DE", "D") && may_sign("UT", "UTO"));
        assert!(!may_sign("CN", "DEU") && !may_sign("DE", "CHN"));
        assert!(!may_sign("", "") && !may_sign("?", "UTO") && !may_sign("CN", "XXX"));
        assert_eq!(STATES.split_ascii_whitespace().count(), 249);
    }
}
