// A node that mines every LAB_BLOCK_MS milliseconds, or each transaction at once if that is 0.
const interval = Number(process.env.LAB_BLOCK_MS ?? 0);
module.exports = {
  solidity: "0.8.26", // nothing is compiled here; hardhat wants one
  networks: {
    hardhat: { chainId: 31337, mining: { auto: interval === 0, interval } },
  },
};
