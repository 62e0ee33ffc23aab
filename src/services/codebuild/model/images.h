// CodeBuild's own images, by name. Here a build runs on this machine's own programs, whatever image
// is named: so the images that builds name are known, and what becomes of them is said.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::codebuild {

/// What a build's log says of it, in one line. Nothing: not an image of CodeBuild's for Linux on
/// x86_64, or its name and tag make no sense.
std::optional<std::string> remark_on_image(std::string_view image);

/// ListCuratedEnvironmentImages' platforms.
json::array curated_platforms();

}  // namespace tandem::codebuild
