/** The last lines of a run, after jest's own summary: what a missing Kafka cost, and the sum. */
export default class Reporter {
  onRunComplete(_contexts, results) {
    const left = results.testResults.flatMap((file) => file.testResults).filter((one) => one.status === 'pending' && one.ancestorTitles[0]?.startsWith('Kafka: '));
    process.once('exit', () => {
      if (process.env.TEST_KAFKA_MISSING && left.length > 0) {
        process.stderr.write(`\n${process.env.TEST_KAFKA_MISSING}: ${left.length} tes mesin Kafka tidak dijalankan. Pasang Java 17 dan Maven untuk menjalankannya.\n`);
      }
      process.stderr.write(`${results.numPassedTests} passed, ${results.numFailedTests + results.numRuntimeErrorTestSuites} failed\n`);
    });
  }
}
