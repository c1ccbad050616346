//! `volumes`, `create_volume`, `drop_volume`: storage that Zilliz Cloud keeps for files to import.

use super::account;
use crate::api::{Client, NewVolume};
use crate::engine::call::{Call, Function};
use crate::engine::describe::{Confirm, ExamplePlace, Family, Opt, Takes, opt};
use crate::engine::types::{Gives, List, ordered};
use crate::error::Failure;
use rhai::Dynamic;
use serde_json::json;

/// The keys of a volume.
const VOLUME: &[&str] = &["volumeName", "type", "projectId"];

const PROJECT: Opt = opt("project_id", "the project's id, if there are several");

const CREATE_OPTIONS: &[Opt] = &[
    PROJECT,
    opt(
        "region",
        "cloud region, e.g. aws-us-east-1; by default the connection's, or that of its cluster",
    )
    .alias(&["region_id"]),
    opt(
        "type",
        "MANAGED, or EXTERNAL: a bucket of yours, which is read only",
    )
    .or("\"MANAGED\"")
    .of(Takes::Words(&["MANAGED", "EXTERNAL"])),
    opt(
        "storage_integration_id",
        "EXTERNAL: id of the storage integration",
    ),
    opt("path", "EXTERNAL: folder in the bucket, ending in /"),
];

/// The function table of this family.
pub(crate) const FUNCTIONS: &[Function] = &Family::Data.table([
    Function::new(
        &["volumes()", "volumes(#{project_id})"],
        "lists the volumes of a Zilliz Cloud project, by default of all projects",
        "volumes()",
        volumes,
    )
    .takes(&[Takes::Options])
    .options(&[PROJECT])
    .gives(Gives::Maps(VOLUME))
    .example_in(ExamplePlace::ZillizCloud)
    .related(&["upload", "create_volume", "projects"]),
    Function::new(
        &[
            "create_volume(name)",
            "create_volume(name, #{project_id, region, type})",
        ],
        "creates a volume, to which upload(paths, \"volume://name/\") sends files",
        "create_volume(\"staging\", #{region: \"aws-us-east-1\"})",
        create,
    )
    .takes(&[Takes::Text("name of the new volume"), Takes::Options])
    .options(CREATE_OPTIONS)
    .example_in(ExamplePlace::ZillizCloud)
    .related(&["volumes", "drop_volume", "upload"]),
    Function::new(
        &["drop_volume(name)"],
        "deletes a volume with all its files",
        "drop_volume(\"staging\")",
        drop_volume,
    )
    .takes(&[Takes::Text("name of the volume")])
    .destroys(Confirm::Name(0))
    .example_in(ExamplePlace::ZillizCloud)
    .related(&["volumes", "create_volume"]),
]);

fn client(call: &Call) -> Result<Client, Failure> {
    account::of_connection(&*call.connection()?)
}

fn volumes(call: &Call) -> Result<Dynamic, Failure> {
    let client = client(call)?;
    let given = call.options(0)?.text("project_id")?;
    let own = given.or_else(|| client.settings().project_id.clone());
    let projects = match own {
        Some(project) => vec![project],
        None => client.projects()?.into_iter().map(|it| it.id).collect(),
    };
    let mut rows = Vec::new();
    for project in projects {
        for volume in client.volumes(&project)? {
            rows.push(ordered(json!({
                "volumeName": volume.name,
                "type": volume.kind,
                "projectId": project,
            })));
        }
    }
    Ok(Dynamic::from(List::of("volume", rows)))
}

fn create(call: &Call) -> Result<Dynamic, Failure> {
    let client = client(call)?;
    let name = call.text(0, "the volume's name")?;
    let options = call.options(1)?;
    let settings = client.settings();
    let region = options.text("region")?.or_else(|| settings.region.clone());
    let region = region.map_or_else(|| cluster_region(call, &client), Ok)?;
    let project = options.text("project_id")?;
    let project = project.or_else(|| settings.project_id.clone());
    let kind = options.text("type")?;
    client.create_volume(&NewVolume {
        project_id: project.map_or_else(|| only_project(call, &client), Ok)?,
        region_id: region,
        volume_name: name.clone(),
        kind: kind.unwrap_or_else(|| "MANAGED".to_owned()),
        storage_integration_id: options.text("storage_integration_id")?,
        path: options.text("path")?,
    })?;
    call.session.changed(&format!("created the volume {name}"));
    Ok(Dynamic::UNIT)
}

/// Returns the region of the connection's cluster, or the only region of all clusters.
fn cluster_region(call: &Call, client: &Client) -> Result<String, Failure> {
    let mut clusters = client.clusters()?;
    if let Some(own) = &client.settings().cluster_id
        && clusters.iter().any(|cluster| cluster.id == *own)
    {
        clusters.retain(|cluster| cluster.id == *own);
    }
    let mut regions: Vec<String> = clusters.into_iter().map(|cluster| cluster.region).collect();
    regions.dedup();
    match (regions.pop(), regions.is_empty()) {
        (Some(region), true) => Ok(region),
        _ => Err(call
            .misused("the region is missing")
            .with_hint("it's the cluster's: create_volume(name, #{region: \"aws-us-east-1\"})")),
    }
}

fn only_project(call: &Call, client: &Client) -> Result<String, Failure> {
    let projects = client.projects()?;
    let count = projects.len();
    match projects.as_slice() {
        [only] => Ok(only.id.clone()),
        _ => Err(call
            .misused(&format!("the key has access to {count} projects"))
            .with_hint("name one: #{project_id: \"proj-…\"}; projects() lists them")),
    }
}

fn drop_volume(call: &Call) -> Result<Dynamic, Failure> {
    let name = call.text(0, "the volume's name")?;
    client(call)?.drop_volume(&name)?;
    call.session.changed(&format!("dropped the volume {name}"));
    Ok(Dynamic::UNIT)
}
