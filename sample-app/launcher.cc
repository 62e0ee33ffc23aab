// The package's "bootstrap": a static program that starts the application with the loader and the
// libraries that lie beside it, so that nothing of the machine's is used.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace {

constexpr std::size_t kPath = 1024;

void join(char (&path)[kPath], const char* root, const char* rest) {
  std::snprintf(path, sizeof(path), "%s%s", root, rest);
}

}  // namespace

int main() {
  const char* root = std::getenv("LAMBDA_TASK_ROOT");
  if (root == nullptr || *root == '\0') root = "/var/task";
  char loader[kPath];
  char libraries[kPath];
  char program[kPath];
  join(loader, root, "/lib/ld.so");
  join(libraries, root, "/lib");
  join(program, root, "/bin/todo-app");
  char inhibit[] = "--inhibit-cache";
  char option[] = "--library-path";
  char* arguments[] = {loader, inhibit, option, libraries, program, nullptr};
  ::execv(loader, arguments);
  std::fprintf(stderr, "%s: %s\n", loader, std::strerror(errno));
  return 127;
}
