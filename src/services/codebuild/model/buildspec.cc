#include "services/codebuild/model/buildspec.h"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>

#include "core/text.h"
#include "services/codebuild/model/yaml.h"

namespace tandem::codebuild {
namespace {

using Kind = YamlNode::Kind;

[[noreturn]] void fail(const std::string& message) {
  throw BuildspecError("YAML_FILE_ERROR", message);
}

[[noreturn]] void not_served(std::string_view key, std::string_view what) {
  fail(fmt::format("{} is not supported by Tandem: {}", key, what));
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kText:
      return "string";
    case Kind::kList:
      return "list";
    case Kind::kMap:
      return "map";
    case Kind::kNull:
      break;
  }
  return "nothing";
}

void expect(const YamlNode& node, Kind kind, std::string_view key) {
  if (node.kind == kind) return;
  fail(fmt::format("Expected {} to be of {} type: found {} instead at line {}", key,
                   kind_name(kind), kind_name(node.kind), node.line));
}

std::string text_of(const YamlNode& in, std::string_view key, std::string_view path) {
  const YamlNode* node = in.find(key);
  if (node == nullptr) return "";
  expect(*node, Kind::kText, path);
  return node->text;
}

bool yes_or_no(const YamlNode& in, std::string_view key, std::string_view path) {
  const std::string word = core::to_lower(text_of(in, key, path));
  if (word.empty() || word == "no" || word == "false") return false;
  if (word == "yes" || word == "true") return true;
  fail(fmt::format("Invalid value for {}: {}. Expecting: yes, no", path, word));
}

/// A list of texts; its items are named in errors as AWS names them ("Commands[0]").
std::vector<std::string> texts_of(const YamlNode& in, std::string_view key, std::string_view name) {
  std::vector<std::string> texts;
  const YamlNode* node = in.find(key);
  if (node == nullptr) return texts;
  expect(*node, Kind::kList, name);
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const YamlNode& item = node->items[i];
    if (item.kind == Kind::kText) {
      texts.push_back(item.text);
      continue;
    }
    if (item.kind == Kind::kNull) {
      fail(fmt::format("Expected {}[{}] to be of string type: found nothing at line {}", name, i,
                       item.line));
    }
    // "- echo a: b" is a map to YAML. AWS's words for it.
    fail(
        fmt::format("Expected {}[{}] to be of string type: found subkeys instead at line {}, "
                    "value of the key tag on line {} might be empty",
                    name, i, item.line, std::max(1, item.line - 1)));
  }
  return texts;
}

Buildspec::Pairs pairs_of(const YamlNode& node, std::string_view path) {
  expect(node, Kind::kMap, path);
  Buildspec::Pairs pairs;
  for (const auto& [name, value] : node.members) {
    if (value.kind != Kind::kText && value.kind != Kind::kNull) {
      expect(value, Kind::kText, fmt::format("{}/{}", path, name));
    }
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos ||
        value.text.find('\0') != std::string::npos) {
      fail(fmt::format("Invalid name or value in {} at line {}", path, value.line));
    }
    pairs.emplace_back(name, value.text);
  }
  return pairs;
}

/// Keys beside the known ones, which CodeBuild passes over.
void note_ignored(const YamlNode& node, std::string_view path,
                  std::initializer_list<std::string_view> known, Buildspec& into) {
  constexpr std::size_t kMost = 20;
  for (const auto& [name, value] : node.members) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (into.ignored.size() < kMost) {
      into.ignored.push_back(path.empty() ? name : fmt::format("{}/{}", path, name));
    }
  }
}

OnFailure on_failure_of(const YamlNode& phase, std::string_view path) {
  const std::string word = text_of(phase, "on-failure", path);
  if (word.empty()) return OnFailure::kUsual;
  if (word == "ABORT") return OnFailure::kAbort;
  if (word == "CONTINUE") return OnFailure::kContinue;
  if (word.starts_with("RETRY")) {
    not_served(path, fmt::format("{} (ABORT and CONTINUE are)", word));
  }
  fail(fmt::format("Invalid value for {}: {}. Expecting: ABORT, CONTINUE", path, word));
}

void read_phase(const YamlNode& node, std::string_view name, PhaseSpec& phase, Buildspec& into) {
  const std::string path = fmt::format("phases/{}", name);
  phase.given = true;
  if (node.kind == Kind::kNull) return;
  expect(node, Kind::kMap, path);
  phase.run_as = text_of(node, "run-as", path + "/run-as");
  phase.on_failure = on_failure_of(node, path + "/on-failure");
  phase.commands = texts_of(node, "commands", "Commands");
  phase.finally = texts_of(node, "finally", "Finally");
  if (const YamlNode* versions = node.find("runtime-versions")) {
    if (name != "install") {
      fail(fmt::format("{}/runtime-versions is only allowed in the install phase", path));
    }
    into.runtime_versions = pairs_of(*versions, path + "/runtime-versions");
  }
  note_ignored(node, path, {"run-as", "on-failure", "commands", "finally", "runtime-versions"},
               into);
}

void read_phases(const YamlNode& root, Buildspec& into) {
  const YamlNode* phases = root.find("phases");
  if (phases == nullptr || phases->kind != Kind::kMap || phases->members.empty()) {
    fail("wrong number of container tags, expected 1");
  }
  for (const auto& [name, node] : phases->members) {
    const auto known = std::find(Buildspec::kPhases.begin(), Buildspec::kPhases.end(), name);
    if (known == Buildspec::kPhases.end()) {
      fail(fmt::format(
          "Invalid buildspec phase name: {}. Expecting: build,install,post_build,pre_build", name));
    }
    read_phase(node, name,
               into.phases[static_cast<std::size_t>(known - Buildspec::kPhases.begin())], into);
  }
}

/// Values that live in services that are not here fail with the context that a value which cannot
/// be read has on AWS.
void refuse_elsewhere(const YamlNode& env, std::string_view key, std::string_view code,
                      std::string_view service) {
  const YamlNode* node = env.find(key);
  if (node == nullptr) return;
  expect(*node, Kind::kMap, fmt::format("env/{}", key));
  if (node->members.empty()) return;
  throw BuildspecError(std::string(code),
                       fmt::format("{} cannot be read: env/{} is not supported by Tandem, which "
                                   "has no {}",
                                   node->members.front().name, key, service));
}

void read_env(const YamlNode& root, Buildspec& into) {
  const YamlNode* env = root.find("env");
  if (env == nullptr) return;
  expect(*env, Kind::kMap, "env");
  const std::string shell = text_of(*env, "shell", "env/shell");
  if (shell == "bash" || shell == "/bin/bash") {
    into.shell = "bash";
  } else if (!shell.empty() && shell != "/bin/sh" && shell != "sh") {
    fail(fmt::format("Invalid value for env/shell: {}. Expecting: bash, /bin/sh", shell));
  }
  if (const YamlNode* variables = env->find("variables")) {
    into.variables = pairs_of(*variables, "env/variables");
  }
  refuse_elsewhere(*env, "parameter-store", "Decrypted Variables Error", "Parameter Store");
  refuse_elsewhere(*env, "secrets-manager", "Secrets Manager Error", "Secrets Manager");
  into.exported = texts_of(*env, "exported-variables", "ExportedVariables");
  if (yes_or_no(*env, "git-credential-helper", "env/git-credential-helper")) {
    // Sources at Git hosts are what it is for.
    throw BuildspecError("YAML_FILE_ERROR", "env/git-credential-helper: yes is not served here");
  }
  note_ignored(*env, "env",
               {"shell", "variables", "parameter-store", "secrets-manager", "exported-variables",
                "git-credential-helper"},
               into);
}

/// Version 0.1's place for variables.
void read_old_env(const YamlNode& root, Buildspec& into) {
  const YamlNode* env = root.find("environment_variables");
  if (env == nullptr) return;
  expect(*env, Kind::kMap, "environment_variables");
  if (const YamlNode* plain = env->find("plaintext")) {
    into.variables = pairs_of(*plain, "environment_variables/plaintext");
  }
}

ArtifactSpec read_artifact(const YamlNode& node, const std::string& path, Buildspec& into) {
  expect(node, Kind::kMap, path);
  ArtifactSpec artifact;
  artifact.given = true;
  artifact.files = texts_of(node, "files", "Files");
  artifact.exclude_paths = texts_of(node, "exclude-paths", "ExcludePaths");
  artifact.name = text_of(node, "name", path + "/name");
  artifact.base_directory = text_of(node, "base-directory", path + "/base-directory");
  artifact.discard_paths = yes_or_no(node, "discard-paths", path + "/discard-paths");
  artifact.enable_symlinks = yes_or_no(node, "enable-symlinks", path + "/enable-symlinks");
  if (node.find("s3-prefix") != nullptr) {
    not_served(path + "/s3-prefix", "the project's path and namespaceType are");
  }
  note_ignored(node, path,
               {"files", "exclude-paths", "name", "base-directory", "discard-paths",
                "enable-symlinks", "s3-prefix", "secondary-artifacts"},
               into);
  return artifact;
}

void read_artifacts(const YamlNode& root, Buildspec& into) {
  const YamlNode* node = root.find("artifacts");
  if (node == nullptr) return;
  into.artifacts = read_artifact(*node, "artifacts", into);
  const YamlNode* secondary = node->find("secondary-artifacts");
  // With secondary artifacts alone, the rest says nothing of a primary one.
  into.artifacts.given = !into.artifacts.files.empty();
  if (secondary == nullptr) {
    if (!into.artifacts.given) fail("artifacts/files must name at least one file");
    return;
  }
  expect(*secondary, Kind::kMap, "artifacts/secondary-artifacts");
  for (const auto& [name, each] : secondary->members) {
    const std::string path = fmt::format("artifacts/secondary-artifacts/{}", name);
    ArtifactSpec artifact = read_artifact(each, path, into);
    if (artifact.files.empty()) fail(path + "/files must name at least one file");
    into.secondary_artifacts.emplace_back(name, std::move(artifact));
  }
}

void read_version(const YamlNode& root, Buildspec& into) {
  const std::string version = text_of(root, "version", "version");
  if (version != "0.1" && version != "0.2" && version != ".1" && version != ".2") {
    fail(fmt::format("Invalid buildspec version: {}. Expecting: 0.1, 0.2",
                     version.empty() ? "none" : version));
  }
  into.new_shells = version.ends_with('1');
}

}  // namespace

Buildspec parse_buildspec(std::string_view text) {
  YamlNode root;
  try {
    root = parse_yaml(text);
  } catch (const YamlError& error) {
    fail(error.what());
  }
  if (root.kind != Kind::kMap) fail("wrong number of container tags, expected 1");
  Buildspec made;
  read_version(root, made);
  for (const auto& [key, what] : std::initializer_list<std::pair<const char*, const char*>>{
           {"batch", "builds are started one by one"},
           {"cache", "what a build leaves behind is gone with it"},
           {"proxy", "builds reach the network without one"},
           {"reports", "what tests report stays in the log"}}) {
    if (root.find(key) != nullptr) not_served(key, what);
  }
  made.run_as = text_of(root, "run-as", "run-as");
  if (made.new_shells) read_old_env(root, made);
  read_env(root, made);
  read_phases(root, made);
  read_artifacts(root, made);
  note_ignored(root, "",
               {"version", "run-as", "env", "environment_variables", "phases", "artifacts", "batch",
                "cache", "proxy", "reports"},
               made);
  return made;
}

}  // namespace tandem::codebuild
