#include "cli/progress_view.h"

#include <fmt/format.h>

#include "cli/harmless.h"

namespace tandem::cli {

void ProgressView::show(const topology::Progress& step) {
  if (step.status.ends_with("_FAILED")) {
    clear();
    remark(fmt::format("  {} {} {}: {} {}", step.region, step.stack, step.resource, step.status,
                       step.reason));
    return;
  }
  if (moving_) {
    const std::string line =
        fmt::format("  {} {} {} {}", step.region, step.stack, step.resource, step.status);
    fmt::print(stderr, "\r\033[K{}", harmless(line, Lines::kEscape).substr(0, 110));
  } else if (step.type == "AWS::CloudFormation::Stack") {
    remark(fmt::format("  {:<14} {:<16} {}", step.region, step.stack, step.status));
  }
}

void ProgressView::clear() const {
  if (moving_) fmt::print(stderr, "\r\033[K");
}

}  // namespace tandem::cli
