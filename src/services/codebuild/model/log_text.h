// The lines that CodeBuild itself writes into a build's log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::codebuild {

/// "[Container] 2024/01/01 00:00:00.000000 Entering phase BUILD", with its line's end. UTC.
std::string container_line(std::int64_t now_us, std::string_view text);

}  // namespace tandem::codebuild
