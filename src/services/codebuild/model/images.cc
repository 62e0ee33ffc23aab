#include "services/codebuild/model/images.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "core/text.h"

namespace tandem::codebuild {
namespace {

constexpr std::string_view kPrefix = "aws/codebuild/";

/// "Docker images provided by CodeBuild", and its older editions for what is gone.
struct Family {
  std::string_view platform;
  std::string_view name;
  std::string_view what;
  std::string_view curated;  ///< tags that are still offered, a space between
};

constexpr std::string_view kAmazon = "AMAZON_LINUX";
constexpr std::string_view kUbuntu = "UBUNTU";

constexpr Family kFamilies[] = {
    {kAmazon, "amazonlinux-x86_64-standard", "Amazon Linux 2023", "6.0 5.0 4.0"},
    {kAmazon, "amazonlinux2-x86_64-standard", "Amazon Linux 2", "5.0 4.0"},
    {kUbuntu, "standard", "Ubuntu", "8.0 7.0 6.0 5.0"},
    // One image a language, retired since 2019.
    {kUbuntu, "ubuntu-base", "Ubuntu 14.04", ""},
    {kUbuntu, "android-java-6", "Ubuntu 14.04", ""},
    {kUbuntu, "android-java-7", "Ubuntu 14.04", ""},
    {kUbuntu, "android-java-8", "Ubuntu 14.04", ""},
    {kUbuntu, "docker", "Ubuntu 14.04", ""},
    {kUbuntu, "dot-net", "Ubuntu 14.04", ""},
    {kUbuntu, "eb-go-1.5-amazonlinux-64", "Amazon Linux", ""},
    {kUbuntu, "eb-java-7-amazonlinux-64", "Amazon Linux", ""},
    {kUbuntu, "eb-java-8-amazonlinux-64", "Amazon Linux", ""},
    {kUbuntu, "eb-nodejs-4.4.6-amazonlinux-64", "Amazon Linux", ""},
    {kUbuntu, "eb-python-2.6-amazonlinux-64", "Amazon Linux", ""},
    {kUbuntu, "eb-python-2.7-amazonlinux-64", "Amazon Linux", ""},
    {kUbuntu, "eb-python-3.4-amazonlinux-64", "Amazon Linux", ""},
    {kUbuntu, "golang", "Ubuntu 14.04", ""},
    {kUbuntu, "java", "Ubuntu 14.04", ""},
    {kUbuntu, "nodejs", "Ubuntu 14.04", ""},
    {kUbuntu, "php", "Ubuntu 14.04", ""},
    {kUbuntu, "python", "Ubuntu 14.04", ""},
    {kUbuntu, "ruby", "Ubuntu 14.04", ""},
};

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 128 &&
         tag.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
             std::string_view::npos;
}

bool offers(const Family& family, std::string_view tag) {
  // "standard:7.0-24.10.29" is an edition of "standard:7.0".
  const auto curated = core::split(family.curated, ' ');
  return std::any_of(curated.begin(), curated.end(), [&](std::string_view each) {
    return !each.empty() && (tag == each || (tag.starts_with(each) && tag[each.size()] == '-'));
  });
}

}  // namespace

std::optional<std::string> remark_on_image(std::string_view image) {
  if (!image.starts_with(kPrefix)) return std::nullopt;
  const std::string_view rest = image.substr(kPrefix.size());
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view tag = rest.substr(colon + 1);
  const auto family =
      std::find_if(std::begin(kFamilies), std::end(kFamilies),
                   [&](const Family& each) { return each.name == rest.substr(0, colon); });
  if (family == std::end(kFamilies) || !is_tag(tag)) return std::nullopt;
  const bool retired = !offers(*family, tag);
  return fmt::format("Image {} ({}{}): the build runs with the programs of this machine", image,
                     family->what, retired ? ", retired by AWS" : "");
}

json::array curated_platforms() {
  json::array platforms;
  for (const std::string_view platform : {kAmazon, kUbuntu}) {
    json::array images;
    for (const Family& family : kFamilies) {
      if (family.platform != platform || family.curated.empty()) continue;
      for (const std::string_view tag : core::split(family.curated, ' ')) {
        const std::string name = fmt::format("{}{}:{}", kPrefix, family.name, tag);
        images.push_back(
            {{"name", name},
             {"description", fmt::format("AWS CodeBuild - {} Standard Image {}", family.what, tag)},
             {"versions", json::array{name}}});
      }
    }
    json::object base{{"language", "BASE"}, {"images", std::move(images)}};
    platforms.push_back({{"platform", platform}, {"languages", json::array{std::move(base)}}});
  }
  return platforms;
}

}  // namespace tandem::codebuild
