//! The range of distances that a search accepts.

use super::metric::Metric;

/// All distances, or the range of a range search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DistanceRange {
    /// The first distance that is too far.
    radius: Option<f32>,
    /// The closest accepted distance.
    range_filter: Option<f32>,
    is_similarity: bool,
}

impl DistanceRange {
    /// Returns the range of `radius` and `range_filter`, or the problem with them as a message (Milvus:
    /// `CheckRangeSearchParam`, and `parseSearchInfo` in the proxy).
    pub(crate) fn new(
        metric: Metric,
        radius: Option<f32>,
        range_filter: Option<f32>,
    ) -> Result<Self, String> {
        let is_similarity = metric.is_similarity();
        match (radius, range_filter) {
            (None, Some(_)) => {
                return Err("range_filter requires radius to be set; range_filter alone is not a valid range search parameter".to_owned());
            }
            (Some(radius), Some(closest)) => {
                let (sound, word) = if is_similarity {
                    (closest > radius, "greater")
                } else {
                    (closest < radius, "less")
                };
                if !sound {
                    let metric = metric.name();
                    return Err(format!(
                        "metric type ({metric}), range_filter({closest}) must be {word} than radius({radius})"
                    ));
                }
            }
            _ => {}
        }
        Ok(Self {
            radius,
            range_filter,
            is_similarity,
        })
    }

    /// Returns whether a distance is in the range, which excludes the radius and includes the range filter.
    pub(crate) fn has(&self, distance: f32) -> bool {
        if self.is_similarity {
            self.radius.is_none_or(|radius| distance > radius)
                && self.range_filter.is_none_or(|closest| distance <= closest)
        } else {
            self.radius.is_none_or(|radius| distance < radius)
                && self.range_filter.is_none_or(|closest| distance >= closest)
        }
    }
}
