//! Faults on request: failures that clients meet in practice, for trying scripts against them.
//!
//! Each request draws once and meets at most one fault ([`super::http::faults`] applies it).

use parking_lot::Mutex;
use std::str::FromStr;
use std::sync::Arc;
use strum::VariantNames as _;

/// A kind of fault.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum FaultKind {
    /// The request is refused: code 80000, and nothing is done.
    Refuse,
    /// The connection breaks before anything is done.
    DropBefore,
    /// The connection breaks after the request was carried out.
    DropAfter,
    /// HTTP 429 with `Retry-After: 1`, and nothing is done.
    #[strum(to_string = "429")]
    TooMany,
    /// HTTP 500; half of the requests are carried out before.
    #[strum(to_string = "500")]
    Internal,
    /// The answer comes three seconds late.
    Slow,
    /// HTTP 200 with a page instead of JSON; half of the requests are carried out before.
    Garbage,
    /// An import job fails.
    FailJob,
}

impl FaultKind {
    /// All kinds of faults.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Returns the fault's name on the command line.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A kind of fault and its probability, from 0 to 1: `drop-after=0.1`, `500=5%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fault {
    kind: FaultKind,
    rate: f64,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kinds = || FaultKind::VARIANTS.join(", ");
        let wrong = || format!("{text:?} is no KIND=RATE, e.g. drop-after=0.1");
        let (name, rate) = text.split_once('=').ok_or_else(wrong)?;
        let kind = name.parse();
        let kind = kind.map_err(|_| format!("no fault {name:?}: one of {}", kinds()))?;
        let parsed = match rate.strip_suffix('%') {
            Some(percent) => percent.parse().map(|it: f64| it / 100.0),
            None => rate.parse(),
        };
        match parsed {
            Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(Self { kind, rate }),
            _ => Err(format!(
                "the rate {rate:?} is not a number from 0 to 1, or a percentage"
            )),
        }
    }
}

/// The faults of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    dice: Arc<Mutex<fastrand::Rng>>,
}

impl Faults {
    /// Returns the faults in the list. A seed always leads to the same sequence of draws.
    pub(crate) fn new(list: Vec<Fault>, seed: Option<u64>) -> Self {
        let dice = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self {
            list,
            dice: Arc::new(Mutex::new(dice)),
        }
    }

    /// Returns true if there are any faults.
    pub(super) fn any(&self) -> bool {
        !self.list.is_empty()
    }

    /// Draws a number from 0 to 1.
    pub(super) fn roll(&self) -> f64 {
        let mut dice = self.dice.lock();
        dice.f64()
    }

    /// Draws the fault of one request.
    pub(super) fn of_request(&self) -> Option<FaultKind> {
        let mut left = self.roll();
        let kinds = self.list.iter().filter(|it| it.kind != FaultKind::FailJob);
        for fault in kinds {
            if left < fault.rate {
                return Some(fault.kind);
            }
            left -= fault.rate;
        }
        None
    }

    /// Draws whether a job should fail.
    pub(super) fn fails_job(&self) -> bool {
        let mut rates = self.list.iter().filter(|it| it.kind == FaultKind::FailJob);
        rates.any(|it| self.roll() < it.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_parsed_and_mistakes_reported() {
        assert_eq!(
            "drop-after=0.25".parse(),
            Ok(Fault {
                kind: FaultKind::DropAfter,
                rate: 0.25
            })
        );
        assert_eq!(
            "500=5%".parse(),
            Ok(Fault {
                kind: FaultKind::Internal,
                rate: 0.05
            })
        );
        for (text, part) in [
            ("drop", "KIND=RATE"),
            ("drop=1", "drop-before"),
            ("429=2", "from 0 to 1"),
            ("429=-1", "from 0 to 1"),
            ("429=NaN", "from 0 to 1"),
            ("429=", "from 0 to 1"),
        ] {
            let error = text.parse::<Fault>().expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn rates_are_kept_and_seeds_are_reproducible() {
        let faults = || {
            let list = ["refuse=0.2", "slow=0.3", "fail-job=0.5"];
            let list = list.map(|text| text.parse().expect("a fault"));
            Faults::new(list.to_vec(), Some(7))
        };
        let draw = |faults: &Faults| -> Vec<Option<FaultKind>> {
            (0..10_000).map(|_| faults.of_request()).collect()
        };
        let drawn = draw(&faults());
        assert_eq!(drawn, draw(&faults()));
        let count = |kind| drawn.iter().filter(|it| **it == kind).count();
        assert!((1800..2200).contains(&count(Some(FaultKind::Refuse))));
        assert!((2800..3200).contains(&count(Some(FaultKind::Slow))));
        assert_eq!(count(Some(FaultKind::FailJob)), 0);
        let faults = faults();
        let failing = (0..1000).filter(|_| faults.fails_job()).count();
        assert!((400..600).contains(&failing));
    }
}
