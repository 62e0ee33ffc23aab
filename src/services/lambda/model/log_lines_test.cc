#include "services/lambda/model/log_lines.h"

#include <gtest/gtest.h>

namespace tandem::lambda {
namespace {

// The samples of the Lambda developer guide and of real logs, byte for byte.
TEST(LogLines, Golden) {
  EXPECT_EQ(start_line("6f747a63", "$LATEST"), "START RequestId: 6f747a63 Version: $LATEST");
  EXPECT_EQ(end_line("6f747a63"), "END RequestId: 6f747a63");
  EXPECT_EQ(report_line({.request_id = "6f747a63",
                         .duration_ms = 237.169,
                         .memory_size_mb = 128,
                         .max_memory_used_mb = 26}),
            "REPORT RequestId: 6f747a63\tDuration: 237.17 ms\tBilled Duration: 238 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 26 MB\t");
  EXPECT_EQ(report_line({.request_id = "r",
                         .duration_ms = 3000,
                         .init_duration_ms = 48.26,
                         .memory_size_mb = 128,
                         .max_memory_used_mb = 26,
                         .status = "timeout"}),
            "REPORT RequestId: r\tDuration: 3000.00 ms\tBilled Duration: 3049 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 26 MB\tInit Duration: 48.26 ms\t"
            "Status: timeout");
  EXPECT_EQ(report_line({.request_id = "r",
                         .duration_ms = 1,
                         .memory_size_mb = 128,
                         .max_memory_used_mb = 3,
                         .status = "error",
                         .error_type = "Runtime.ExitError"}),
            "REPORT RequestId: r\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 3 MB\tStatus: error\tError Type: Runtime.ExitError");
  EXPECT_EQ(init_report_line({9999.99, "init", "timeout", ""}),
            "INIT_REPORT Init Duration: 9999.99 ms\tPhase: init\tStatus: timeout");
}

TEST(LogLines, StreamIsNamedByDayVersionAndInstance) {
  EXPECT_EQ(log_stream_name(1'700'000'000'000, "12", "0123456789abcdef0123456789abcdef"),
            "2023/11/14/[12]0123456789abcdef0123456789abcdef");
}

}  // namespace
}  // namespace tandem::lambda
