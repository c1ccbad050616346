// Drives the Node SDK's HttpClient. Each check prints a line, as in checks.py.
'use strict';
const fs = require('fs');
const path = require('path');
const { HttpClient } = require(path.join(process.env.NODE_CLIENT, '@zilliz/milvus2-sdk-node'));

const URL_ = process.env.SERVICE_URL;
const KEY = process.env.SERVICE_KEY;
const DATA = process.env.SERVICE_FILES;
const ROWS = 50;
const client = new HttpClient({ endpoint: URL_, token: KEY });
const stranger = new HttpClient({ endpoint: URL_, token: 'wrong' });
const files = JSON.parse(fs.readFileSync(path.join(DATA, 'files.json'), 'utf8'));
const schema = (form) => JSON.parse(fs.readFileSync(path.join(DATA, `schema-${form}.json`), 'utf8'));

function check(name, passed, found) {
  console.log(passed ? `ok    ${name}` : `FAIL  ${name}: ${JSON.stringify(found)}`.slice(0, 600));
}

async function section(name, work) {
  try {
    await work();
  } catch (error) {
    console.log(`FAIL  ${name}: ${String(error.stack).split('\n').slice(0, 3).join(' ')}`);
  }
}

async function end(jobId) {
  const until = Date.now() + 60000;
  for (;;) {
    const answer = await client.getImportJobProgress({ jobId });
    if (answer.code !== 0) throw new Error(JSON.stringify(answer));
    if (['Completed', 'Failed', 'Uncommitted'].includes(answer.data.state) || Date.now() > until) return answer.data;
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function count(collectionName) {
  const answer = await client.query({ collectionName, filter: '', outputFields: ['count(*)'] });
  return answer.code === 0 ? answer.data[0]['count(*)'] : answer;
}

async function fresh(collectionName, form) {
  await client.dropCollection({ collectionName });
  const answer = await client.createCollection({ collectionName, ...schema(form) });
  if (answer.code !== 0) throw new Error(JSON.stringify(answer));
  return collectionName;
}

async function main() {
  for (const [form, lists] of Object.entries(files)) {
    await section(`node ${form}`, async () => {
      const collectionName = await fresh('node', form);
      const created = await client.createImportJobs({ collectionName, files: lists });
      const job = await end(created.data.jobId);
      check(`node ${form}: completed`, job.state === 'Completed' && job.progress === 100, job);
      const rows = await count(collectionName);
      check(`node ${form}: ${ROWS} rows`, rows === ROWS, rows);
    });
  }
  await section('node bad file', async () => {
    await fresh('node', 'json');
    const bad = [[path.join(DATA, 'bad.json')]];
    const created = await client.createImportJobs({ collectionName: 'node', files: bad });
    const job = await end(created.data.jobId);
    check('node bad file: the reason names the field', job.state === 'Failed' && job.reason.includes('vector'), job);
  });
  await section('node list', async () => {
    const listed = await client.listImportJobs({ collectionName: 'node' });
    check('node list', listed.code === 0 && listed.data.records.length > 0, listed);
  });
  await section('node refusals', async () => {
    const job = await client.getImportJobProgress({ jobId: 'job-none' });
    check('node unknown job', job.code === 1100 && job.message.includes('job-none'), job);
    const none = await client.createImportJobs({ collectionName: 'nowhere', files: files.json });
    check('node unknown collection', none.code === 100 && none.message.includes('nowhere'), none);
    const status = await stranger.listImportJobs({ collectionName: 'node' }).then(
      (answer) => answer,
      (error) => error.status,
    );
    check('node wrong key', status === 401, status);
  });
  await section('node collections', async () => {
    const collectionName = 'node_quick';
    const made = await client.createCollection({ collectionName, dimension: 4 });
    check('node createCollection', made.code === 0, made);
    const listed = await client.listCollections();
    check('node listCollections', listed.code === 0 && listed.data.includes(collectionName), listed);
    const has = await client.hasCollection({ collectionName });
    check('node hasCollection', has.code === 0 && has.data.has === true, has);
    const described = await client.describeCollection({ collectionName });
    check('node describeCollection', described.code === 0 && described.data.fields.length === 2, described);
    const loaded = await client.loadCollection({ collectionName });
    check('node loadCollection', loaded.code === 0, loaded);
    const state = await client.getCollectionLoadState({ collectionName });
    check('node getCollectionLoadState', state.code === 0 && state.data.loadState === 'LoadStateLoaded', state);
    const stats = await client.getCollectionStatistics({ collectionName });
    check('node getCollectionStatistics', stats.code === 0 && Number(stats.data.rowCount) === 0, stats);
    const dropped = await client.dropCollection({ collectionName });
    check('node dropCollection', dropped.code === 0, dropped);
  });
  await section('node rows and indexes', async () => {
    const collectionName = 'node_rows';
    await client.createCollection({
      collectionName,
      schema: {
        autoID: false,
        enableDynamicField: false,
        fields: [
          { fieldName: 'id', dataType: 'Int64', isPrimary: true },
          { fieldName: 'vector', dataType: 'FloatVector', elementTypeParams: { dim: 2 } },
        ],
      },
    });
    const index = { fieldName: 'vector', indexName: 'by_vector', metricType: 'L2', params: { index_type: 'HNSW' } };
    const indexed = await client.createIndex({ collectionName, indexParams: [index] });
    check('node createIndex', indexed.code === 0, indexed);
    const shown = await client.describeIndex({ collectionName, indexName: 'by_vector' });
    check('node describeIndex', shown.code === 0 && shown.data[0].indexType === 'HNSW', shown);
    await client.loadCollection({ collectionName });
    // Larger than JavaScript's exact integers, so the id is a text.
    const big = '9007199254740993';
    const data = [{ id: big, vector: [1, 2] }, { id: 2, vector: [3, 4] }];
    const inserted = await client.insert({ collectionName, data });
    check('node insert', inserted.code === 0 && inserted.data.insertCount === 2, inserted);
    const upserted = await client.upsert({ collectionName, data: [{ id: 2, vector: [5, 6] }] });
    check('node upsert', upserted.code === 0 && upserted.data.upsertCount === 1, upserted);
    const deleted = await client.delete({ collectionName, filter: `id == ${big}` });
    check('node delete', deleted.code === 0, deleted);
    const left = await client.query({ collectionName, filter: '', outputFields: ['*'], limit: 10 });
    check('node rows after upsert and delete', JSON.stringify(left.data) === '[{"id":"2","vector":[5,6]}]', left);
    const dropped = await client.dropIndex({ collectionName, indexName: 'by_vector' });
    check('node dropIndex', dropped.code === 0, dropped);
    await client.dropCollection({ collectionName });
  });
}

main();
