// How changesets become a changelog: what they say and nothing else, without commits and without the network.

/** @param {{ summary: string }} changeset */
async function getReleaseLine({ summary }) {
  const [first, ...rest] = summary.trim().split("\n");
  return [`- ${first}`, ...rest.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
}

/** @param {readonly unknown[]} _changesets @param {readonly { name: string, newVersion: string }[]} dependencies */
async function getDependencyReleaseLine(_changesets, dependencies) {
  return dependencies.length === 0 ? "" : `- Uses ${dependencies.map(({ name, newVersion }) => `${name} ${newVersion}`).join(", ")}.`;
}

module.exports = { getReleaseLine, getDependencyReleaseLine };
