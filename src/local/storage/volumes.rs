//! The records of volumes. Their files are in [`crate::local::volumes`].

use super::{DataStore, Result, Statements, signed, unsigned};
use rusqlite::params;

/// A volume as stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredVolume {
    /// The id, which names the folder of the volume's files.
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) project: String,
    pub(crate) region: String,
    /// Time of the creation, RFC 3339.
    pub(crate) create_time: String,
}

/// The outcome of creating a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VolumeCreated {
    New,
    /// There is a volume with this name.
    Exists,
    /// There are as many volumes as allowed.
    Full,
}

impl DataStore {
    /// Creates a volume, unless there are `max` already. The volume's own id is ignored.
    pub(crate) fn create_volume(&self, volume: &StoredVolume, max: u64) -> Result<VolumeCreated> {
        self.write(|tx| {
            if tx.has("SELECT 1 FROM volumes WHERE name = ?1", [&volume.name])? {
                return Ok(VolumeCreated::Exists);
            }
            if unsigned(tx.one("SELECT count(*) FROM volumes", [])?) >= max {
                return Ok(VolumeCreated::Full);
            }
            tx.run(
                "INSERT INTO volumes (name, project, region, create_time) VALUES (?1, ?2, ?3, ?4)",
                params![
                    volume.name,
                    volume.project,
                    volume.region,
                    volume.create_time
                ],
            )?;
            Ok(VolumeCreated::New)
        })
    }

    /// Returns the volume with this name.
    pub(crate) fn volume(&self, name: &str) -> Result<Option<StoredVolume>> {
        let sql = "SELECT id, name, project, region, create_time FROM volumes WHERE name = ?1";
        let found = self.row(sql, [name])?;
        Ok(
            found.map(|(id, name, project, region, create_time)| StoredVolume {
                id,
                name,
                project,
                region,
                create_time,
            }),
        )
    }

    /// Returns the number of a project's volumes, and the names of at most `limit` of them without the first `skip`.
    pub(crate) fn volumes(
        &self,
        project: &str,
        skip: u64,
        limit: u64,
    ) -> Result<(u64, Vec<String>)> {
        self.read(|view| {
            let count = view.one("SELECT count(*) FROM volumes WHERE project = ?1", [project])?;
            let names = view.list(
                "SELECT name FROM volumes WHERE project = ?1 ORDER BY name LIMIT ?2 OFFSET ?3",
                params![project, signed(limit), signed(skip)],
            )?;
            Ok((unsigned(count), names))
        })
    }

    /// Removes a volume. A missing volume isn't an error.
    pub(crate) fn drop_volume(&self, id: i64) -> Result<()> {
        self.run("DELETE FROM volumes WHERE id = ?1", [id])
            .map(drop)
    }
}
