//! Geometries as well-known text, in the form that Milvus returns (`common.ConvertWKBToWKT`, go-geom's `encoding/wkt`).

use std::fmt::Write as _;

use wkt::Wkt;
use wkt::types::{Coord, Dimension, LineString, Point, Polygon};

/// Maximum nesting of parentheses, since the parser recurses into each collection.
const MAX_DEPTH: usize = 32;
/// Minimum number of points in a polygon's ring.
const MIN_RING: usize = 4;
/// Minimum number of points in a line.
const MIN_LINE: usize = 2;

/// Returns the text in normal form. The error describes why the text isn't a geometry.
pub(super) fn normal(text: &str) -> Result<String, String> {
    check_parentheses(text)?;
    let parsed = with_dimension(text).parse::<Wkt<f64>>();
    let shape = parsed.map_err(|why| format!("which is no well-known text ({why})"))?;
    let mut normal = String::new();
    write(&mut normal, &shape)?;
    Ok(normal)
}

fn check_parentheses(text: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                let rest = text.get(at + 1..).unwrap_or_default();
                if depth == 0 && !rest.trim_ascii().is_empty() {
                    return Err("which has text after its last parenthesis".to_owned());
                }
            }
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
    }
    Ok(())
}

/// Returns the text with the dimension added to its first word, e.g. `POINT Z`, if only the points show the dimension.
fn with_dimension(text: &str) -> String {
    let plain = || text.to_owned();
    let Some((word, points)) = text.split_once('(') else {
        return plain();
    };
    let point = points.trim_start_matches(|c: char| c == '(' || c.is_ascii_whitespace());
    let first = point.split([',', ')']).next().unwrap_or_default();
    let is_plain = word.split_ascii_whitespace().count() == 1
        && !word.trim_end().ends_with(['Z', 'z', 'M', 'm']);
    match first.split_ascii_whitespace().count() {
        3 if is_plain => format!("{word} Z ({points}"),
        4 if is_plain => format!("{word} ZM ({points}"),
        _ => plain(),
    }
}

fn write(out: &mut String, shape: &Wkt<f64>) -> Result<(), String> {
    match shape {
        Wkt::Point(point) => {
            head(out, "POINT", point.dimension());
            list(out, point.coord(), coordinate)
        }
        Wkt::LineString(line) => {
            head(out, "LINESTRING", line.dimension());
            coordinates(out, line, MIN_LINE)
        }
        Wkt::Polygon(polygon) => {
            head(out, "POLYGON", polygon.dimension());
            rings(out, polygon)
        }
        Wkt::MultiPoint(points) => {
            head(out, "MULTIPOINT", points.dimension());
            let coords = points.points().iter().map(Point::coord);
            let coords: Option<Vec<_>> = coords.collect();
            let coords = coords.ok_or("a MULTIPOINT with an EMPTY point")?;
            list(out, coords, coordinate)
        }
        Wkt::MultiLineString(lines) => {
            head(out, "MULTILINESTRING", lines.dimension());
            list(out, lines.line_strings(), |out, line| {
                coordinates(out, line, MIN_LINE)
            })
        }
        Wkt::MultiPolygon(polygons) => {
            head(out, "MULTIPOLYGON", polygons.dimension());
            list(out, polygons.polygons(), rings)
        }
        Wkt::GeometryCollection(shapes) => {
            head(out, "GEOMETRYCOLLECTION", shapes.dimension());
            list(out, shapes.geometries(), write)
        }
    }
}

fn head(out: &mut String, word: &str, dimension: Dimension) {
    out.push_str(word);
    out.push_str(match dimension {
        Dimension::XY => " ",
        Dimension::XYZ => " Z ",
        Dimension::XYM => " M ",
        Dimension::XYZM => " ZM ",
    });
}

/// Parses `EMPTY`, or the items in parentheses.
fn list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T) -> Result<(), String>,
) -> Result<(), String> {
    let mut items = items.into_iter().peekable();
    if items.peek().is_none() {
        out.push_str("EMPTY");
        return Ok(());
    }
    out.push('(');
    for (number, item) in items.enumerate() {
        if number > 0 {
            out.push_str(", ");
        }
        write(out, item)?;
    }
    out.push(')');
    Ok(())
}

fn rings(out: &mut String, polygon: &Polygon<f64>) -> Result<(), String> {
    list(out, polygon.rings(), |out, ring| {
        let coords = ring.coords();
        if !coords.is_empty() && coords.first() != coords.last() {
            return Err("a polygon with a ring that isn't closed".to_owned());
        }
        coordinates(out, ring, MIN_RING)
    })
}

fn coordinates(out: &mut String, line: &LineString<f64>, min: usize) -> Result<(), String> {
    let coords = line.coords();
    if !coords.is_empty() && coords.len() < min {
        return Err(format!(
            "a line or ring of {} points; at least {min} are needed",
            coords.len()
        ));
    }
    list(out, coords, coordinate)
}

fn coordinate(out: &mut String, coord: &Coord<f64>) -> Result<(), String> {
    let numbers = [Some(coord.x), Some(coord.y), coord.z, coord.m];
    for (at, number) in numbers.into_iter().flatten().enumerate() {
        if !number.is_finite() {
            return Err("a coordinate that isn't finite".to_owned());
        }
        if at > 0 {
            out.push(' ');
        }
        // Writing to a string can't fail.
        _ = write!(out, "{number}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The right column is go-geom's encoding of the left column.
    #[test]
    fn shapes_are_normalized() {
        for (text, shown) in [
            ("POINT (30.123 -10.456)", "POINT (30.123 -10.456)"),
            ("point(1 2)", "POINT (1 2)"),
            (" POINT EMPTY ", "POINT EMPTY"),
            ("POINT Z (1 2 3)", "POINT Z (1 2 3)"),
            ("POINTZM(1 2 3 4)", "POINT ZM (1 2 3 4)"),
            ("POINT (1 2 3)", "POINT Z (1 2 3)"),
            ("POINT (1e3 -0.5)", "POINT (1000 -0.5)"),
            ("LINESTRING(0 0,1 1,2 2)", "LINESTRING (0 0, 1 1, 2 2)"),
            (
                "POLYGON((0 0,4 0,4 4,0 0))",
                "POLYGON ((0 0, 4 0, 4 4, 0 0))",
            ),
            ("MULTIPOINT((1 2),(3 4))", "MULTIPOINT (1 2, 3 4)"),
            ("MULTIPOINT(1 2, 3 4)", "MULTIPOINT (1 2, 3 4)"),
            (
                "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
                "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
            ),
            (
                "MULTIPOLYGON(((0 0,4 0,4 4,0 0)))",
                "MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)))",
            ),
            (
                "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
                "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
            ),
        ] {
            assert_eq!(normal(text).as_deref(), Ok(shown), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let deep = format!(
            "{}POINT(1 2){}",
            "GEOMETRYCOLLECTION(".repeat(50_000),
            ")".repeat(50_000)
        );
        for text in [
            "",
            "POINT",
            "POINT(1)",
            "POINT(1 2",
            "POINT(1 2) x",
            "POINT(1 2))",
            "POINT(1 x)",
            "POINT(1 1e999)",
            "CIRCLE(1 2)",
            "LINESTRING(0 0)",
            "POLYGON((0 0,4 0,4 4))",
            "POLYGON((0 0,4 0,0 0))",
            "POLYGON((0 0,4 0,4 4,1 1))",
            "{\"type\":\"Point\"}",
            &deep,
        ] {
            assert!(normal(text).is_err(), "{}", text.get(..40).unwrap_or(text));
        }
    }
}
