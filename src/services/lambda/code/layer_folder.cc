#include "services/lambda/code/layer_folder.h"

#include <fmt/format.h>
#include <system_error>

#include "core/bytes.h"
#include "services/lambda/code/code_watch.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

/// What is in a later layer takes the place of what is there, but that folders are merged. No link
/// is followed: what a layer calls a link may be a folder of the next one.
void lay_over(const fs::path& layer, const fs::path& folder) {
  for (auto each = fs::recursive_directory_iterator(layer);
       each != fs::recursive_directory_iterator(); ++each) {
    const fs::path target = folder / each->path().lexically_relative(layer);
    const auto kind = each->symlink_status().type();
    const auto there = fs::symlink_status(target).type();
    const bool is_folder = kind == fs::file_type::directory;
    if (is_folder && there == fs::file_type::directory) continue;
    if (there != fs::file_type::not_found) fs::remove_all(target);
    if (is_folder) {
      fs::create_directory(target);
    } else if (kind == fs::file_type::symlink) {
      fs::copy_symlink(each->path(), target);
    } else {
      fs::create_hard_link(each->path(), target);
    }
  }
}

void merge(const fs::path& code_folder, const Function& function, const fs::path& folder,
           const std::string& mark) {
  const fs::path partial = folder.string() + ".partial-" + mark;
  std::error_code failed;
  try {
    fs::create_directory(partial);
    for (const json::value& each : function.layers) {
      lay_over(code_folder / json::string_or(each.as_object(), "code_id"), partial);
    }
    fs::rename(partial, folder, failed);
  } catch (...) {
    fs::remove_all(partial, failed);
    throw;
  }
  if (!failed) return;
  // Another instance was quicker: it made the same.
  std::error_code ignored;
  fs::remove_all(partial, ignored);
  if (!fs::is_directory(folder)) throw fs::filesystem_error("cannot be made", folder, failed);
}

}  // namespace

fs::path layer_folder(const fs::path& code_folder, const Function& function) {
  if (function.layers.empty()) return {};
  if (function.layers.size() == 1) {
    return code_folder / json::string_or(function.layers.front().as_object(), "code_id");
  }
  std::string ids;
  for (const json::value& each : function.layers) {
    ids += json::string_or(each.as_object(), "code_id") + '\n';
  }
  constexpr std::size_t kDigits = 32;
  return code_folder / ("opt-" + core::hex_encode(core::sha256(ids)).substr(0, kDigits));
}

std::string ensure_layer_folder(const fs::path& code_folder, const Function& function,
                                const std::string& mark) {
  for (const json::value& each : function.layers) {
    const json::object& layer = each.as_object();
    const fs::path folder = code_folder / json::string_or(layer, "code_id");
    const std::string found = outline_of(folder);
    if (!found.empty() && found == json::string_or(layer, "code_outline")) continue;
    return fmt::format(
        "layer {} on this disk ({}) is {}; publish it anew and update the function's Layers",
        json::string_or(layer, "arn"), folder.string(),
        found.empty() ? "missing" : "not what was published");
  }
  const fs::path folder = layer_folder(code_folder, function);
  if (!folder.empty() && !fs::is_directory(folder)) merge(code_folder, function, folder, mark);
  return "";
}

Entrypoint bootstrap_of(const fs::path& code_folder, const Function& function) {
  std::error_code failed;
  Entrypoint entry{"/var/task/bootstrap", code_folder / function.code_id / "bootstrap"};
  if (fs::is_regular_file(entry.outside, failed)) return entry;
  const fs::path layers = layer_folder(code_folder, function);
  Entrypoint other{"/opt/bootstrap", layers / "bootstrap"};
  if (!layers.empty() && fs::is_regular_file(other.outside, failed)) return other;
  entry.outside.clear();
  return entry;
}

std::int64_t unzipped_size(const fs::path& folder) {
  std::int64_t bytes = 0;
  std::error_code failed;
  for (const auto& each : fs::recursive_directory_iterator(folder, failed)) {
    if (each.symlink_status().type() == fs::file_type::regular) {
      bytes += static_cast<std::int64_t>(each.file_size());
    }
  }
  return bytes;
}

}  // namespace tandem::lambda
