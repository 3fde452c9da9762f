// Runs operations with the AWS SDK for JavaScript: `node sdk.cjs BUCKET`; the protocol is that of libraries.py.
const readline = require("node:readline");
const { S3Client, ListObjectsV2Command, PutObjectCommand, GetObjectCommand, DeleteObjectCommand } = require("@aws-sdk/client-s3");

const Bucket = process.argv[2];
// Profile, Region and endpoint come from the environment and the profile.
const s3 = new S3Client({ forcePathStyle: true });
const operations = {
  list: async (key) => ((await s3.send(new ListObjectsV2Command({ Bucket, Prefix: key }))).Contents ?? []).map((o) => o.Key),
  put: async (key, text) => void (await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: text }))),
  get: async (key) => (await s3.send(new GetObjectCommand({ Bucket, Key: key }))).Body.transformToString(),
  delete: async (key) => void (await s3.send(new DeleteObjectCommand({ Bucket, Key: key }))),
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { operation, key, text } = JSON.parse(line);
    let answer;
    try {
      answer = { ok: true, result: (await operations[operation](key, text)) ?? null };
    } catch (error) {
      answer = { ok: false, error: `${error.name}: ${error.message}` };
    }
    console.log(JSON.stringify(answer));
  }
})();
