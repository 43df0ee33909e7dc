// QuPath: segments the open image with Nucleoscope and adds its nuclei as detections, with their measurements.
// Automate > Script editor; Run, or Run for project. docs/qupath-and-fiji.md

def program = 'nucleoscope'   // or its path, such as 'C:/Programs/nucleoscope.exe'
def options = []              // of `nucleoscope segment`, such as ['--gate', 'area_px2:50..400']

def server = getCurrentServer()
def image = new File(server.getURIs().iterator().next())
def folder = File.createTempDir('nucleoscope', '')
try {
    def command = [program, 'segment', image.path, '--export', 'geojson', '--export-dir', folder.path]
    def pixel = server.getPixelCalibration()
    if (pixel.hasPixelSizeMicrons()) {
        command += ['--pixel-size', "${pixel.getPixelWidthMicrons()},${pixel.getPixelHeightMicrons()}"]
    }
    def process = new ProcessBuilder((command + options)*.toString()).redirectErrorStream(true).start()
    process.outputStream.close()
    def messages = process.inputStream.text
    if (process.waitFor() != 0) {
        throw new RuntimeException(messages)
    }
    print messages

    // Without this line, earlier detections stay.
    removeObjects(getDetectionObjects(), true)
    folder.listFiles().findAll { it.name.endsWith('.geojson') }.each { importObjectsFromFile(it.path) }
    fireHierarchyUpdate()
} finally {
    folder.deleteDir()
}
