// SPDX-License-Identifier: Apache-2.0
#include "harness/layout.hpp"

#include <filesystem>
#include <fstream>

namespace voltkeep::harness {

namespace fs = std::filesystem;

namespace {

Result<std::string> text_of(const fs::path& path) {
    std::ifstream file(path);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file && text.empty()) return fail(Errc::io, path.string() + ": cannot be read");
    return text;
}

/// Every file of `from`, or what stands in its place. The process manager follows no link, so these are hard links or copies.
Result<std::string> gather_programs(const std::string& from, const std::map<std::string, std::string>& instead,
                                    const fs::path& to) {
    std::error_code error;
    fs::create_directories(to, error);
    std::map<std::string, fs::path> programs;
    for (const auto& entry : fs::directory_iterator(from, error))
        if (entry.is_regular_file()) programs[entry.path().filename().string()] = entry.path();
    for (const auto& [name, path] : instead) programs[name] = path;
    for (const auto& [name, path] : programs) {
        fs::create_hard_link(path, to / name, error);
        if (error) fs::copy_file(path, to / name, error);
        if (error) return fail(Errc::io, path.string() + ": " + error.message());
    }
    return to.string();
}

Result<std::string> gather_manifests(const std::string& from, const Changes& changes, const fs::path& to) {
    std::error_code error;
    for (const auto& service : fs::directory_iterator(from, error)) {
        if (!service.is_directory()) continue;
        for (const auto& file : fs::directory_iterator(service.path(), error)) {
            const std::string name = file.path().filename().string();
            if (!name.ends_with("manifest.toml")) continue;
            const std::string place = service.path().filename().string() + "/" + name;
            std::string text = TRY(text_of(file.path()));
            for (const ManifestEdit& edit : changes.edits) {
                if (edit.file != place) continue;
                const std::size_t at = text.find(edit.from);
                if (at == std::string::npos) return fail(Errc::bad_argument, place + " does not have: " + edit.from);
                text.replace(at, edit.from.size(), edit.to);
            }
            fs::create_directories((to / place).parent_path(), error);
            std::ofstream(to / place) << text;
        }
    }
    for (const auto& [name, text] : changes.manifests) {
        fs::create_directories(to / name, error);
        std::ofstream(to / name / "manifest.toml") << text;
    }
    if (error) return fail(Errc::io, to.string() + ": " + error.message());
    return to.string();
}

}  // namespace

std::string build_folder() { return VOLTKEEP_BUILD_FOLDER; }
std::string tool() { return VOLTKEEP_TOOL; }

Result<cli::Layout> lay_out(const Changes& changes, const std::string& folder) {
    const std::string build = build_folder();
    cli::Layout layout;
    layout.procmgr = build + "/procmgr/procmgr";
    layout.services = TRY(gather_programs(build + "/services", changes.programs, folder + "/services"));
    layout.peers = TRY(gather_programs(build + "/peers", changes.peers, folder + "/peers"));
    layout.manifests = TRY(gather_manifests(build + "/manifests", changes, folder + "/manifests"));
    return layout;
}

}  // namespace voltkeep::harness
