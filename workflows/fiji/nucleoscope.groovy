// Fiji: segments the active image with Nucleoscope and shows its nuclei as an overlay, one ROI for each nucleus.
// File > New > Script, Language > Groovy, Run. docs/qupath-and-fiji.md

import ij.IJ
import ij.gui.Overlay
import ij.io.RoiDecoder
import java.util.zip.ZipFile

def program = 'nucleoscope'   // or its path, such as 'C:/Programs/nucleoscope.exe'
def options = []              // of `nucleoscope segment`, such as ['--gate', 'area_px2:50..400']

def image = IJ.getImage()
def folder = File.createTempDir('nucleoscope', '')
try {
    def file = new File(folder, 'image.tif')
    IJ.saveAsTiff(image.duplicate(), file.path)
    def command = [program, 'segment', file.path, '--export', 'rois', '--export-dir', folder.path]
    def process = new ProcessBuilder((command + options)*.toString()).redirectErrorStream(true).start()
    process.outputStream.close()
    def messages = process.inputStream.text
    if (process.waitFor() != 0) {
        throw new RuntimeException(messages)
    }
    IJ.log(messages)

    def overlay = new Overlay()
    def set = new ZipFile(new File(folder, 'image-RoiSet.zip'))
    set.entries().each { entry ->
        overlay.add(new RoiDecoder(set.getInputStream(entry).bytes, entry.name).roi)
    }
    set.close()
    image.overlay = overlay
} finally {
    folder.deleteDir()
}
