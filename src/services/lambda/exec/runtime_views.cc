// What a cell sees of an interpreter, its client and the SDK that AWS preinstalls.
#include <algorithm>
#include <system_error>

#include "services/lambda/exec/client_files.h"
#include "services/lambda/exec/runtime_programs.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// What bubblewrap shows of the machine without being asked.
bool is_system(const fs::path& path) {
  const std::string text = path.string();
  return std::ranges::any_of(
      std::initializer_list<const char*>{"/usr/", "/lib/", "/lib32/", "/lib64/", "/libx32/"},
      [&text](const char* folder) { return text.starts_with(folder); });
}

/// Where packages of an interpreter are, the nearest first.
std::vector<fs::path> package_folders(const RuntimeImage& image, const RuntimeProgram& program) {
  std::vector<fs::path> folders;
  if (image.family == RuntimeFamily::kNode) {
    for (const fs::path& each : {program.asked, program.program}) {
      folders.push_back(each.parent_path().parent_path() / "lib" / "node_modules");
    }
    for (const char* each :
         {"/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs"}) {
      folders.emplace_back(each);
    }
    return folders;
  }
  const fs::path name = program.library.filename();
  folders.push_back(program.asked.parent_path().parent_path() / "lib" / name / "site-packages");
  folders.push_back(program.library / "site-packages");
  folders.push_back(fs::path("/usr/local/lib") / name / "dist-packages");
  folders.emplace_back("/usr/lib/python3/dist-packages");
  return folders;
}

std::vector<std::string> names_of(const RuntimeImage& image) {
  if (image.sdk == "aws-sdk") return {"aws-sdk"};
  if (image.sdk == "@aws-sdk") return {"@aws-sdk", "@smithy", "@aws-crypto", "@aws"};
  return {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3"};
}

void add_client(Views& views, const RuntimeImage& image, const fs::path& folder) {
  const std::string prefix = image.family == RuntimeFamily::kNode ? "node/" : "python/";
  for (const ClientFile& file : client_files()) {
    if (!file.name.starts_with(prefix)) continue;
    const std::string inside(file.name.substr(prefix.size()));
    // A package is seen as its folder.
    if (inside.find('/') == std::string::npos) {
      add_view(views, folder / file.name, "/var/runtime/" + inside);
    } else if (inside.ends_with("/__init__.py")) {
      const fs::path package = fs::path(inside).parent_path();
      add_view(views, folder / prefix / package, "/var/runtime/" + package.string());
    }
  }
}

}  // namespace

/// A folder that is given is seen as a whole. Of what is installed for the machine only that is
/// seen which AWS has.
Views RuntimePrograms::sdk_views(const RuntimeImage& image, const RuntimeProgram& program) const {
  Views views;
  const bool node = image.family == RuntimeFamily::kNode;
  const auto given = settings_.modules.find(std::string(key_of(image.family)));
  if (given != settings_.modules.end()) {
    fs::path folder = given->second;
    if (node && is_there(folder / "node_modules")) folder /= "node_modules";
    add_view(views, folder, node ? "/var/runtime/node_modules" : "/var/runtime/site-packages");
    return views;
  }
  for (const fs::path& folder : package_folders(image, program)) {
    if (!is_there(folder / image.sdk)) continue;
    for (const std::string& name : names_of(image)) {
      add_view(views, folder / name,
               (node ? "/var/runtime/node_modules/" : "/var/runtime/") + name);
    }
    break;
  }
  return views;
}

Views RuntimePrograms::views(const RuntimeImage& image, const RuntimeProgram& program) const {
  Views views;
  const bool node = image.family == RuntimeFamily::kNode;
  add_view(views, program.program, node ? "/var/lang/bin/node" : "/var/lang/bin/python3");
  if (!program.library.empty()) {
    add_view(views, program.library, "/var/lang/lib/" + program.library.filename().string());
  }
  for (const fs::path& library : program.shared) {
    if (!is_system(library)) {
      add_view(views, library, "/var/lang/lib/" + library.filename().string());
    } else if (settings_.root == sandbox::Root::kStrict) {
      add_view(views, library, library.string());
    }
  }
  if (settings_.root == sandbox::Root::kStrict && node) {
    // Debian's has parts of its own library outside.
    for (const char* name : {"acorn", "cjs-module-lexer", "undici"}) {
      const std::string part = std::string("/usr/share/nodejs/") + name;
      if (program.program.string().starts_with("/usr/bin/")) add_view(views, part, part);
    }
  }
  add_client(views, image, folder_);
  for (auto& view : sdk_views(image, program)) views.push_back(std::move(view));
  return views;
}

}  // namespace tandem::lambda
